/// A link that somebody has made at the console, with which anybody may read an object for a time.
package struct SharedLink: Sendable {
    /// The SHA-256 of its signature, in hexadecimal digits: who reads the record cannot make the link of it.
    package let id: AccountName
    /// Whose signature it has.
    package let accessKey: AccountName
    package let bucket: String
    package let key: String
    /// As clients name it; nil for whatever is the latest when the link is used.
    package let version: String?
    /// Where it leads: scheme and host.
    package let address: String
    /// Milliseconds since 1970, as all times here.
    package let created: Int64
    package let end: Int64
    /// When it was taken back; nil while it was not.
    package var revoked: Int64?

    package init(
        id: AccountName, accessKey: AccountName, bucket: String, key: String, version: String?, address: String,
        created: Int64, end: Int64, revoked: Int64? = nil
    ) {
        self.id = id
        self.accessKey = accessKey
        self.bucket = bucket
        self.key = key
        self.version = version
        self.address = address
        self.created = created
        self.end = end
        self.revoked = revoked
    }
}
