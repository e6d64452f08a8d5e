import Cryptography
package import S3Protocol

extension Accounts {
    /// Notes a link before it is given out; of one that is known already, nothing changes.
    ///
    /// - Returns: whether it may be used: it is not if the very same was taken back before.
    /// - Throws: `limitReached`, `locked`.
    package func addSharedLink(_ link: SharedLink) async throws -> Bool {
        try await change { snapshot throws(AccountError) in
            if let known = snapshot.sharedLinks[link.id] { return ([], known.revoked == nil) }
            guard snapshot.sharedLinks.count < AccountLimits.sharedLinks,
                snapshot.countSharedLinks(of: link.accessKey) < AccountLimits.sharedLinksPerAccessKey
            else { throw .limitReached("shared links") }
            return ([.put(.sharedLink(link))], true)
        }
    }

    /// Takes a link back: once this returns, no request with it is let in.
    ///
    /// What is known of it stays until it would have ended.
    /// - Returns: false when there is no such link, or it is another access key's and `accessKey` is given.
    package func revokeSharedLink(
        _ id: AccountName, of accessKey: AccountName?, at time: Int64
    ) async throws -> SharedLink? {
        try await change { snapshot throws(AccountError) in
            guard var link = snapshot.sharedLinks[id], accessKey == nil || link.accessKey == accessKey else {
                return ([], nil)
            }
            guard link.revoked == nil else { return ([], link) }
            link.revoked = time
            return ([.put(.sharedLink(link))], link)
        }
    }

    /// Removes links that have ended, some at a time.
    ///
    /// - Returns: whether there may be more.
    package func sweepSharedLinks(at time: Int64) async throws -> Bool {
        let limit = 256
        return try await change { snapshot throws(AccountError) in
            let ended = snapshot.sharedLinks.values.lazy.filter { time >= $0.end }.prefix(limit)
            let mutations = ended.map { AccountMutation.remove(.sharedLink, $0.id) }
            return (Array(mutations), mutations.count == limit)
        }
    }

    /// Whether a presigned request has the signature of a link that was taken back.
    ///
    /// - Parameter signature: 32 bytes, which have been verified.
    /// - Throws: `ServiceUnavailable` while it is not known.
    package func isRevoked(linkSignature signature: [UInt8]) throws(S3Error) -> Bool {
        let snapshot: AccountsSnapshot
        do { snapshot = try self.snapshot } catch { throw error.refusal }
        guard snapshot.sharedLinks.count > 0 else { return false }
        return snapshot.sharedLinks[SharedLink.id(ofSignature: signature)]?.revoked != nil
    }
}

extension SharedLink {
    /// - Parameter signature: 32 bytes.
    package static func id(ofSignature signature: [UInt8]) -> AccountName {
        AccountName(Hex.encode(Digest.hash(.sha256, signature)))
    }
}
