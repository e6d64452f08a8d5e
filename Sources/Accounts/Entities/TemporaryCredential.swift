package import S3Protocol

/// A temporary access key, which is used with its session token.
package struct TemporaryCredential: Sendable {
    package let accessKey: AccountName
    package let secret: SecretString
    package let owner: AccountOwner
    /// SHA-256 of the session token: who presents another one has none.
    package let tokenDigest: [UInt8]
    /// Milliseconds since 1970, whole seconds.
    package let expiration: Int64
    /// What narrows the owner's rights; `nil` for all of them.
    package let policy: AttachedPolicy?
    /// What the client has called it, to revoke those of a kind together.
    package let revocationType: String?
    /// Milliseconds since 1970.
    package let created: Int64
    /// The policies of an external owner, which has no record that could say them.
    package let policies: [AccountName]
    /// What the provider of identities has said: name and value, in which a list is several pairs.
    package let claims: [(name: String, value: String)]
    /// Of this process; no part of the record.
    let use = AccessKeyUse()

    package init(
        accessKey: AccountName, secret: SecretString, owner: AccountOwner, tokenDigest: [UInt8], expiration: Int64,
        policy: AttachedPolicy?, revocationType: String?, created: Int64, policies: [AccountName] = [],
        claims: [(name: String, value: String)] = []
    ) {
        self.accessKey = accessKey
        self.secret = secret
        self.owner = owner
        self.tokenDigest = tokenDigest
        self.expiration = expiration
        self.policy = policy
        self.revocationType = revocationType
        self.created = created
        self.policies = policies
        self.claims = claims
    }

    package func hasExpired(at time: Int64) -> Bool { expiration <= time }
}
