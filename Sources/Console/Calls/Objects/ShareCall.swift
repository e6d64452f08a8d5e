import AccessPolicy
import Accounts
import JSON
import Requests
import S3Protocol

/// A link with which anybody may read an object for a time: signed with the account's own key.
enum ShareCall {
    /// Seconds, as signatures allow it.
    private static let longest: Int64 = 604_800

    static func perform(_ call: Call) async throws {
        let members = try await call.members(["bucket", "key", "version", "seconds", "address"])
        let bucket = try members.required("bucket")
        let key = try members.required("key")
        let version = try members.text("version")
        guard let seconds = try members.integer("seconds"), (1...longest).contains(seconds) else {
            throw ConsoleError.invalid("The member 'seconds' is not a number from 1 to \(longest).")
        }
        let allowed = try call.agent.allows(
            version == nil ? .getObject : .getObjectVersion, on: .object(bucket: bucket, key: key), in: call.request)
        guard allowed else { throw ConsoleError(S3Error(.accessDenied)) }
        let address = try members.text("address") ?? LoginCalls(context: call.context).s3Address(call.request)
        let host = try host(of: address)

        var request = InnerRequest("GET", bucket: bucket, key: key)
        request.add("versionId", version)
        request.add("X-Amz-Security-Token", call.signedIn.session.sessionToken)
        let now = Clock.milliseconds() / 1000
        let region = call.context.settings.region
        let signer = SigV4Signer(
            accessKey: call.signedIn.accessKey, secret: call.signedIn.account.secret,
            region: region.isEmpty ? "us-east-1" : region)
        let target = try signer.presign(
            method: "GET", target: request.target, headers: [("host", host)], expires: seconds, now: now)
        try await call.answer(
            .object(["url": .string(address + target), "ends": .time(try end(call, now + seconds) * 1000)]), status: 201
        )
    }

    /// What is signed of an address.
    private static func host(of address: String) throws(ConsoleError) -> String {
        let lowered = address.lowercased()
        let scheme = lowered.hasPrefix("https://") ? "https://" : lowered.hasPrefix("http://") ? "http://" : nil
        guard let scheme else { throw .invalid("The address is not http(s)://HOST[:PORT].") }
        var host = String(address.dropFirst(scheme.count))
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            !host.contains(where: { "/?#@\\\"<>".contains($0) })
        else { throw .invalid("The address is not http(s)://HOST[:PORT].") }
        // Clients leave the scheme's own port out.
        for usual in [("https://", ":443"), ("http://", ":80")] where scheme == usual.0 && host.hasSuffix(usual.1) {
            host.removeLast(usual.1.count)
        }
        return host
    }

    /// Seconds since 1970: no later than the temporary credential.
    private static func end(_ call: Call, _ end: Int64) throws -> Int64 {
        let credential = try call.context.accounts.snapshot.session(call.signedIn.session.accessKey)
        return min(end, (credential?.expiration).map { $0 / 1000 } ?? end)
    }
}
