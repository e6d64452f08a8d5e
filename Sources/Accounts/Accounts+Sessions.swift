package import AccessPolicy
import Cryptography
import S3Protocol

/// A session as it was just made: what its client is told, once.
package struct NewSession: Sendable {
    package let accessKey: String
    package let secret: String
    package let token: String
    /// Milliseconds since 1970, whole seconds.
    package let expiration: Int64
}

/// What a session is to be.
package struct SessionRequest: Sendable {
    package let owner: AccountOwner
    /// Seconds.
    package private(set) var duration: Int64
    /// What narrows the owner's rights.
    package var policy: IdentityPolicy?
    package var revocationType: String?
    /// Of an external owner.
    package var policies: [AccountName] = []
    package var claims: [(name: String, value: String)] = []

    package init(owner: AccountOwner, duration: Int64) {
        self.owner = owner
        self.duration = duration
    }

    /// Makes it no longer than to that moment; both in seconds since 1970.
    package mutating func end(by end: Int64, at time: Int64) { duration = min(duration, max(0, end - time)) }
}

extension Accounts {
    /// Seconds that a session may last.
    package static let sessionDuration: ClosedRange<Int64> = 900...31_536_000

    /// Makes a temporary access key, whose token nobody has but who is given it.
    ///
    /// - Throws: `noSuchUser`, `noSuchPolicy` of a policy that an external owner is to have, `limitReached`.
    package func addSession(_ request: SessionRequest, at time: Int64) async throws -> NewSession {
        let accessKey = GeneratedKeys.accessKey()
        let secret = GeneratedKeys.secret()
        let expiration = (time / 1000 + request.duration) * 1000
        let token = SessionToken(accessKey: accessKey, owner: ownerName(request.owner), expiration: expiration, request)
            .signed(with: try signingKeyOfTokens())
        let session = TemporaryCredential(
            accessKey: AccountName(accessKey), secret: SecretString(secret), owner: request.owner,
            tokenDigest: Digest.hash(.sha256, Array(token.utf8)), expiration: expiration,
            policy: request.policy.map { .readable($0) }, revocationType: request.revocationType, created: time,
            policies: request.policies, claims: request.claims)
        try await change { snapshot throws(AccountError) in
            // As good as never: it is random.
            guard !snapshot.isTaken(session.accessKey) else { throw .accessKeyTaken }
            for policy in request.policies where snapshot.policy(policy) == nil { throw .noSuchPolicy }
            try snapshot.requireRoom(for: request.owner)
            guard snapshot.sessions.count < AccountLimits.sessions else { throw .limitReached("sessions") }
            return ([.put(.session(session))], ())
        }
        return NewSession(accessKey: accessKey, secret: secret, token: token, expiration: expiration)
    }

    /// Ends the sessions of an owner: all of them, or those of a type.
    package func revokeSessions(of owner: AccountOwner, type: String?) async throws {
        try await change { snapshot throws(AccountError) in
            let sessions = snapshot.sessions(of: owner).filter { session in
                type.map { type in session.revocationType.map { $0.hasSameBytes(as: type) } ?? false } ?? true
            }
            return (sessions.map { .remove(.session, $0.accessKey) }, ())
        }
    }

    /// Removes sessions that have expired, some at a time.
    ///
    /// - Returns: whether there may be more.
    package func sweepSessions(at time: Int64) async throws -> Bool {
        let limit = 256
        return try await change { snapshot throws(AccountError) in
            let expired = snapshot.sessions.values.lazy.filter { $0.hasExpired(at: time) }.prefix(limit)
            let mutations = expired.map { AccountMutation.remove(.session, $0.accessKey) }
            return (Array(mutations), mutations.count == limit)
        }
    }

    /// What owners are called in answers and tokens.
    package func ownerName(_ owner: AccountOwner) -> String {
        switch owner {
        case .root: rootName.text
        case .user(let name), .external(let name): name.text
        }
    }
}
