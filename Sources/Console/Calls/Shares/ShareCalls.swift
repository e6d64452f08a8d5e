import AccessPolicy
import Accounts
import HTTPServer
import JSON
import Requests
import S3Protocol
import SealedStorage

/// Links with which anybody may read an object for a time: made, listed, taken back.
enum ShareCalls {
    static let routes = [
        CallRoute("POST shares", make), CallRoute("GET shares", ["after", "limit"], list),
        CallRoute("DELETE shares", ["id"], revoke),
    ]

    /// Seconds, as signatures allow it.
    private static let longest: Int64 = 604_800

    // MARK: Making

    private static func make(_ call: Call) async throws {
        let members = try await call.members(["bucket", "key", "version", "seconds", "address"])
        let bucket = try members.required("bucket")
        let key = try members.required("key")
        let version = try members.text("version")
        guard let seconds = try members.integer("seconds"), (1...longest).contains(seconds) else {
            throw ConsoleError.invalid("The member 'seconds' is not a number from 1 to \(longest).")
        }
        let address = try members.text("address") ?? LoginCalls(context: call.context).s3Address(call.request)
        let record = call.begin("ShareObject")
        (record.bucket, record.key, record.versionID) = (bucket, key, version)
        let allowed = try call.agent.allows(
            version == nil ? .getObject : .getObjectVersion, on: .object(bucket: bucket, key: key), in: call.request)
        guard allowed else { throw ConsoleError(S3Error(.accessDenied)) }
        let now = call.context.clock() / 1000
        let end = try self.end(call, now + seconds)
        let signer = LinkSigner(call)
        // The same link of the same second may have been taken back; one that begins earlier is another.
        for earlier in 0..<8 {
            let start = now - Int64(earlier)
            guard end - start <= longest else { break }
            let link = try signer.link(
                bucket: bucket, key: key, version: version, address: address, created: start * 1000, end: end * 1000)
            guard try await call.context.accounts.addSharedLink(link.link) else { continue }
            return try await call.answer(
                .object(["id": .string(link.link.id.text), "url": .string(link.url), "ends": .time(end * 1000)]),
                status: 201, record)
        }
        throw ConsoleError.busy("links to the same object")
    }

    /// Seconds since 1970: no later than the temporary credential.
    private static func end(_ call: Call, _ end: Int64) throws -> Int64 {
        let credential = try call.context.accounts.snapshot.session(call.signedIn.session.accessKey)
        return min(end, (credential?.expiration).map { $0 / 1000 } ?? end)
    }

    // MARK: Listing

    /// One's own, the newest first; root is shown everybody's.
    private static func list(_ call: Call) async throws {
        let limit = try call.integer("limit", in: 1...1000, else: 1000)
        let after = try call.parameter("after").map { try position($0) }
        let snapshot = try call.context.accounts.snapshot
        let own = call.signedIn.session.accessKey
        let isRoot = call.signedIn.kind == .root
        let signer = LinkSigner(call)
        let now = call.context.clock()
        // Root's may be very many.
        let document = try await call.context.drive.offload {
            var links = (isRoot ? snapshot.allSharedLinks : snapshot.sharedLinks(of: own)).filter { now < $0.end }
            links.sort { ($0.created, $0.id) > ($1.created, $1.id) }
            if let after { links.removeAll { ($0.created, $0.id) >= after } }
            let rows = links.prefix(limit)
            return JSONValue.object([
                "shares": .array(rows.map { row($0, signer) }),
                "next": links.count > limit ? rows.last.map { .string("\($0.created)-\($0.id.text)") } : nil,
            ]).bytes
        }
        try await call.answer(document)
    }

    private static func position(_ text: String) throws(ConsoleError) -> (Int64, AccountName) {
        let parts = text.split(separator: "-", maxSplits: 1)
        guard parts.count == 2, let created = Int64(parts[0]) else {
            throw .invalid("The parameter 'after' is none.")
        }
        return (created, AccountName(String(parts[1])))
    }

    private static func row(_ link: SharedLink, _ signer: LinkSigner) -> JSONValue {
        let state = signer.state(of: link)
        return .object([
            "id": .string(link.id.text), "bucket": .string(link.bucket), "key": .string(link.key),
            "version": link.version.map { .string($0) }, "accessKey": .string(link.accessKey.text),
            "address": .string(link.address), "created": .time(link.created), "ends": .time(link.end),
            "revoked": link.revoked.map { .time($0) }, "state": .string(state.name),
            "url": state.url.map { .string($0) },
        ])
    }

    // MARK: Taking back

    /// One's own; root may take back everybody's.
    private static func revoke(_ call: Call) async throws {
        let id = AccountName(try call.required("id"))
        let record = call.begin("RevokeShare")
        let own = call.signedIn.kind == .root ? nil : call.signedIn.session.accessKey
        let link = try await call.context.accounts.revokeSharedLink(id, of: own, at: call.context.clock())
        guard let link else { throw ConsoleError(404, "NoSuchShare", "There is no such link.") }
        (record.bucket, record.key, record.versionID) = (link.bucket, link.key, link.version)
        await call.answerNothing(record)
    }
}
