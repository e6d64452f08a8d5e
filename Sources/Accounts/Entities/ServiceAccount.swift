package import S3Protocol

/// A lasting access key that acts for its owner.
package struct ServiceAccount: Sendable {
    package let accessKey: AccountName
    package var secret: SecretString
    package let owner: AccountOwner
    package var isEnabled = true
    /// What narrows the owner's rights; `nil` for all of them.
    package var policy: AttachedPolicy?
    package var name: String?
    package var description: String?
    /// Milliseconds since 1970, whole seconds; `nil` for never.
    package var expiration: Int64?
    /// Milliseconds since 1970.
    package let created: Int64
    /// Of this process; no part of the record.
    var use = AccessKeyUse()

    package init(accessKey: AccountName, secret: SecretString, owner: AccountOwner, created: Int64) {
        self.accessKey = accessKey
        self.secret = secret
        self.owner = owner
        self.created = created
    }

    package func hasExpired(at time: Int64) -> Bool { expiration.map { $0 <= time } ?? false }
}
