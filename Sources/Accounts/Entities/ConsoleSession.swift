/// Somebody who has logged in at the console.
package struct ConsoleSession: Sendable {
    /// The SHA-256 of what the browser has, in hexadecimal digits: who reads the record cannot be who logged in.
    package let id: AccountName
    package let accessKey: AccountName
    /// Of a temporary access key.
    package let sessionToken: String?
    /// HMAC-SHA256 of the account's secret under what the browser has: another secret ends the session.
    package let secretCode: [UInt8]
    /// Milliseconds since 1970, as all times here.
    package let created: Int64
    /// When it was used last, as of the last time that was written down.
    package var lastSeen: Int64
    /// When it ends at the latest.
    package let end: Int64

    package init(
        id: AccountName, accessKey: AccountName, sessionToken: String?, secretCode: [UInt8], created: Int64,
        lastSeen: Int64, end: Int64
    ) {
        self.id = id
        self.accessKey = accessKey
        self.sessionToken = sessionToken
        self.secretCode = secretCode
        self.created = created
        self.lastSeen = lastSeen
        self.end = end
    }
}
