/// How much there may be of what is kept in memory, and how long names and secrets may be.
package enum AccountLimits {
    package static let users = 100_000
    package static let groups = 20_000
    package static let policies = 20_000
    package static let serviceAccounts = 200_000
    /// Those that have not expired.
    package static let sessions = 100_000
    /// Of the console.
    package static let consoleSessions = 10_000
    package static let consoleSessionsPerAccessKey = 100
    /// Made at the console, until they end; also those that were taken back.
    package static let sharedLinks = 100_000
    package static let sharedLinksPerAccessKey = 1_000
    /// Access keys and sessions that one owner may have together.
    package static let keysPerOwner = 20_000
    package static let groupsPerUser = 1_000
    /// Policies that one user or one group may have.
    package static let policiesPerHolder = 200
    /// Bytes.
    package static let accessKey = 3...20
    /// Bytes.
    package static let secret = 8...40
    /// Bytes, of a group or a policy.
    package static let nameBytes = 128
}

extension AccountName {
    /// - Throws: `invalidAccessKey`.
    package init(accessKey text: String) throws(AccountError) {
        guard AccountLimits.accessKey.contains(text.utf8.count), Self.isClean(text),
            !text.utf8.contains(UInt8(ascii: "=")), !text.utf8.contains(UInt8(ascii: ","))
        else { throw .invalidAccessKey }
        self.init(text)
    }

    /// Of a group or a policy.
    ///
    /// - Throws: `invalidName`.
    package init(name text: String) throws(AccountError) {
        guard (1...AccountLimits.nameBytes).contains(text.utf8.count), Self.isClean(text),
            !text.utf8.contains(UInt8(ascii: ","))
        else { throw .invalidName(text) }
        self.init(text)
    }

    /// No control characters, and no space at the ends.
    private static func isClean(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } && text.utf8.first != 0x20 && text.utf8.last != 0x20
    }
}
