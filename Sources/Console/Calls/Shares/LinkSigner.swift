import Accounts
import Cryptography
import Notation
import S3Protocol

/// Signs links as whoever has logged in, and knows of those that were made whether they still work.
struct LinkSigner: Sendable {
    private let context: ConsoleContext
    private let signedIn: SignedIn

    init(_ call: Call) {
        context = call.context
        signedIn = call.signedIn
    }

    /// - Parameters:
    ///   - created: milliseconds since 1970, whole seconds.
    ///   - end: the same.
    /// - Throws: for an address that is none.
    func link(
        bucket: String, key: String, version: String?, address: String, created: Int64, end: Int64
    ) throws -> (link: SharedLink, url: String) {
        let target = try target(
            bucket, key, version, address, created, end, secret: signedIn.account.secret,
            accessKey: signedIn.session.accessKey, token: signedIn.session.sessionToken)
        guard let id = Self.id(of: target) else { throw ConsoleError.invalid("The link cannot be signed.") }
        let link = SharedLink(
            id: id, accessKey: signedIn.session.accessKey, bucket: bucket, key: key, version: version,
            address: address, created: created, end: end)
        return (link, address + target)
    }

    enum State {
        /// With the link itself where it is one's own.
        case active(url: String?)
        case revoked
        /// Its access key is gone, is disabled, or has another secret.
        case void

        var name: String {
            switch self {
            case .active: "active"
            case .revoked: "revoked"
            case .void: "void"
            }
        }

        var url: String? {
            guard case .active(let url) = self else { return nil }
            return url
        }
    }

    /// How a link is that has not ended; it is signed again to see whether it still has the same signature.
    func state(of link: SharedLink) -> State {
        guard link.revoked == nil else { return .revoked }
        let isOwn = link.accessKey == signedIn.session.accessKey
        let token = isOwn ? signedIn.session.sessionToken : nil
        // The token of another's temporary access key is known to nobody: that the key is there is all that can be said.
        if !isOwn, let others = try? context.accounts.snapshot.session(link.accessKey) {
            return others.hasExpired(at: context.clock()) ? .void : .active(url: nil)
        }
        guard let account = try? context.sessions.account(link.accessKey.text, token: token),
            let target = try? target(
                link.bucket, link.key, link.version, link.address, link.created, link.end, secret: account.secret,
                accessKey: link.accessKey, token: token), Self.id(of: target) == link.id
        else { return .void }
        return .active(url: isOwn ? link.address + target : nil)
    }

    private func target(
        _ bucket: String, _ key: String, _ version: String?, _ address: String, _ created: Int64, _ end: Int64,
        secret: SecretString, accessKey: AccountName, token: String?
    ) throws -> String {
        var request = InnerRequest("GET", bucket: bucket, key: key)
        request.add("versionId", version)
        request.add("X-Amz-Security-Token", token)
        let region = context.settings.region
        let signer = SigV4Signer(
            accessKey: accessKey.text, secret: secret, region: region.isEmpty ? "us-east-1" : region)
        return try signer.presign(
            method: "GET", target: request.target, headers: [("host", try Self.host(of: address))],
            expires: (end - created) / 1000, now: created / 1000)
    }

    /// What is signed of an address.
    private static func host(of address: String) throws(ConsoleError) -> String {
        let lowered = address.lowercased()
        let scheme = lowered.hasPrefix("https://") ? "https://" : lowered.hasPrefix("http://") ? "http://" : nil
        guard let scheme else { throw .invalid("The address is not http(s)://HOST[:PORT].") }
        var host = String(address.dropFirst(scheme.count))
        guard !host.isEmpty, host.utf8.count <= 300, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            !host.contains(where: { "/?#@\\\"<>".contains($0) })
        else { throw .invalid("The address is not http(s)://HOST[:PORT].") }
        // Clients leave the scheme's own port out.
        for usual in [("https://", ":443"), ("http://", ":80")] where scheme == usual.0 && host.hasSuffix(usual.1) {
            host.removeLast(usual.1.count)
        }
        return host
    }

    private static func id(of target: String) -> AccountName? {
        // The signature stands last.
        guard let sign = target.lastIndex(of: "="),
            let signature = Hex.decode(String(target[target.index(after: sign)...]))
        else { return nil }
        return SharedLink.id(ofSignature: signature)
    }
}
