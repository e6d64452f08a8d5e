package import S3Protocol

/// Somebody with an access key, which is the name, and a secret.
package struct User: Sendable {
    package let name: AccountName
    package var secret: SecretString
    package var isEnabled: Bool
    /// The policies that are attached, in the order of their names.
    package var policies: [AccountName] = []
    /// The groups that the user is in, in the order of their names.
    package var groups: [AccountName] = []
    /// Milliseconds since 1970.
    package let created: Int64
    /// When policies were attached or detached last: milliseconds since 1970.
    package var policiesChanged: Int64?

    package init(name: AccountName, secret: SecretString, isEnabled: Bool, created: Int64) {
        self.name = name
        self.secret = secret
        self.isEnabled = isEnabled
        self.created = created
    }
}
