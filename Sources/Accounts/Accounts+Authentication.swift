package import AccessPolicy
import Cryptography
package import S3Protocol

extension Accounts {
    /// The account of an access key that is not root's own; nil if there is none.
    ///
    /// - Parameters:
    ///   - token: the session token that came with it, never empty.
    ///   - time: milliseconds since 1970.
    /// - Throws: `InvalidAccessKeyId` for an account that is disabled or has expired, `AccessDenied` for who acts for one,
    ///   `InvalidTokenId` without the token of a session, or with one where none belongs, `ExpiredToken`, and
    ///   `ServiceUnavailable` while accounts cannot be read.
    package func signingAccount(
        _ accessKey: String, token: String?, at time: Int64
    ) throws(S3Error) -> SigningAccount? {
        let current: Current
        do { current = try self.current } catch { throw error.refusal }
        let name = AccountName(accessKey)
        if let member = current.snapshot.members[name] {
            guard token == nil else { throw S3Error(.invalidTokenId) }
            guard member.user.isEnabled else { throw Self.disabled }
            return SigningAccount(secret: member.user.secret, principal: .account(member.identity), use: member.use)
        }
        if let account = current.snapshot.serviceAccounts[name] {
            guard token == nil else { throw S3Error(.invalidTokenId) }
            guard account.isEnabled, !account.hasExpired(at: time) else { throw Self.disabled }
            return SigningAccount(
                secret: account.secret,
                principal: .account(
                    try identity(
                        current, accessKey, .serviceAccount, of: account.owner, restriction: account.policy)),
                use: account.use)
        }
        if let session = current.snapshot.sessions[name] {
            guard let token, session.isOf(token) else { throw S3Error(.invalidTokenId) }
            guard !session.hasExpired(at: time) else { throw S3Error(.expiredToken) }
            return SigningAccount(
                secret: session.secret, principal: .account(try identity(current, session)), use: session.use)
        }
        return nil
    }

    private func identity(
        _ current: Current, _ session: TemporaryCredential
    ) throws(S3Error) -> Identity {
        guard case .external(let owner) = session.owner else {
            return try identity(
                current, session.accessKey.text, .session, of: session.owner, restriction: session.policy)
        }
        return Identity(
            accessKey: session.accessKey.text, kind: .session, owner: owner.text, isExternal: true,
            rights: Self.closed(session.policy) ? .unknown : current.snapshot.rights(by: session.policies),
            restriction: session.policy?.readable,
            claims: Dictionary(grouping: session.claims, by: \.name).mapValues { $0.map(\.value) })
    }

    /// Of an access key that acts for root or a user.
    private func identity(
        _ current: Current, _ accessKey: String, _ kind: Identity.Kind, of owner: AccountOwner,
        restriction: AttachedPolicy?
    ) throws(S3Error) -> Identity {
        switch owner {
        case .root:
            guard setting.admitsRoot else { throw Self.disabled }
            return Identity(
                accessKey: accessKey, kind: kind, owner: setting.rootAccessKey(), isOfRoot: true,
                rights: Self.closed(restriction) ? .unknown : .everything, restriction: restriction?.readable)
        case .user(let name):
            guard let member = current.snapshot.members[name], member.user.isEnabled else {
                throw S3Error(.accessDenied)
            }
            return Identity(
                accessKey: accessKey, kind: kind, owner: name.text, groups: member.identity.groups,
                rights: Self.closed(restriction) ? .unknown : member.identity.rights,
                restriction: restriction?.readable)
        case .external: throw S3Error(.accessDenied)
        }
    }

    /// Whether it narrows in a way that nobody understands.
    private static func closed(_ policy: AttachedPolicy?) -> Bool {
        switch policy {
        case .unreadable: true
        case .readable, nil: false
        }
    }

    package static let disabled = S3Error(
        .invalidAccessKeyId, "Your account is disabled; please contact your administrator.")
}

extension AttachedPolicy {
    package var readable: IdentityPolicy? {
        switch self {
        case .readable(let policy): policy
        case .unreadable: nil
        }
    }
}

extension TemporaryCredential {
    /// Tokens are of some thousand bytes at most.
    private static let longestToken = 16 << 10

    fileprivate func isOf(_ token: String) -> Bool {
        guard token.utf8.count <= Self.longestToken else { return false }
        return constantTimeEqual(Digest.hash(.sha256, Array(token.utf8)), tokenDigest)
    }
}
