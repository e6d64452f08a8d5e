package import AccessPolicy
package import S3Protocol

/// What is to be known of a new access key.
package struct NewServiceAccount: Sendable {
    package var accessKey: String
    package var secret: SecretString
    package var policy: IdentityPolicy?
    package var name: String?
    package var description: String?
    /// Milliseconds since 1970.
    package var expiration: Int64?

    package init(accessKey: String, secret: SecretString) {
        self.accessKey = accessKey
        self.secret = secret
    }
}

/// What of an access key is to be changed; `nil` for what stays.
package struct ServiceAccountUpdate: Sendable {
    package enum Policy: Sendable {
        case keep
        /// All of the owner's rights.
        case inherit
        case narrow(IdentityPolicy)
    }

    package var secret: SecretString?
    package var isEnabled: Bool?
    package var name: String?
    package var description: String?
    /// Milliseconds since 1970; zero for never.
    package var expiration: Int64?
    package var policy = Policy.keep

    package init() {}
}

extension AccountChanges {
    /// Makes an access key that acts for an owner.
    ///
    /// - Throws: `noSuchUser` of an owner that is none, `isRoot`, `isUser` and `accessKeyTaken` of its access key,
    ///   `invalidAccessKey`, `invalidSecret`, `invalidDetails`, `limitReached`.
    package func addServiceAccount(
        _ new: NewServiceAccount, for owner: AccountOwner, at time: Int64
    ) async throws -> ServiceAccount {
        let account = try new.account(for: owner, at: time)
        let root = rootName
        return try await change { snapshot throws(AccountError) in
            guard account.accessKey != root else { throw .isRoot }
            guard snapshot.user(account.accessKey) == nil else { throw .isUser }
            guard !snapshot.isTaken(account.accessKey) else { throw .accessKeyTaken }
            try snapshot.requireRoom(for: owner)
            guard snapshot.serviceAccounts.count < AccountLimits.serviceAccounts else {
                throw .limitReached("access keys")
            }
            return ([.put(.serviceAccount(account))], account)
        }
    }

    /// Makes an access key, or puts it in the place of the one of that name.
    ///
    /// - Parameter mayReplaceRoots: whether one that acts for root may be replaced.
    /// - Throws: as ``addServiceAccount(_:for:at:)``; `isRoot` too of one that may not be replaced.
    package func importServiceAccount(
        _ new: NewServiceAccount, isEnabled: Bool, for owner: AccountOwner, mayReplaceRoots: Bool, at time: Int64
    ) async throws {
        var account = try new.account(for: owner, at: time)
        account.isEnabled = isEnabled
        let root = rootName
        try await change { [account] snapshot throws(AccountError) in
            guard account.accessKey != root else { throw .isRoot }
            guard snapshot.user(account.accessKey) == nil else { throw .isUser }
            guard snapshot.session(account.accessKey) == nil else { throw .accessKeyTaken }
            let present = snapshot.serviceAccount(account.accessKey)
            guard present?.owner != .root || mayReplaceRoots else { throw .isRoot }
            try snapshot.requireRoom(for: owner)
            guard present != nil || snapshot.serviceAccounts.count < AccountLimits.serviceAccounts else {
                throw .limitReached("access keys")
            }
            // Taken away first: it may have been another owner's.
            let removal = present.map { _ in [AccountMutation.remove(.serviceAccount, account.accessKey)] } ?? []
            return (removal + [.put(.serviceAccount(account))], ())
        }
    }

    /// - Throws: `noSuchAccessKey`, `invalidSecret`, `invalidDetails`.
    package func updateServiceAccount(
        _ accessKey: AccountName, _ update: ServiceAccountUpdate, at time: Int64
    ) async throws {
        try update.secret?.requireLength()
        let name = try update.name.map { try KeyDetails.name($0) }
        let description = try update.description.map { try KeyDetails.description($0) }
        let expiration = try update.expiration.map { try KeyDetails.expiration($0, at: time) }
        try await change { snapshot throws(AccountError) in
            guard var account = snapshot.serviceAccount(accessKey) else { throw .noSuchAccessKey }
            if let secret = update.secret { account.secret = secret }
            if let isEnabled = update.isEnabled { account.isEnabled = isEnabled }
            if let name { account.name = name }
            if let description { account.description = description }
            if let expiration { account.expiration = expiration }
            switch update.policy {
            case .keep: break
            case .inherit: account.policy = nil
            case .narrow(let policy): account.policy = .readable(policy)
            }
            return ([.put(.serviceAccount(account))], ())
        }
    }

    /// - Throws: `noSuchAccessKey`.
    package func removeServiceAccount(_ accessKey: AccountName) async throws {
        try await change { snapshot throws(AccountError) in
            guard snapshot.serviceAccount(accessKey) != nil else { throw .noSuchAccessKey }
            return ([.remove(.serviceAccount, accessKey)], ())
        }
    }
}

extension NewServiceAccount {
    fileprivate func account(for owner: AccountOwner, at time: Int64) throws(AccountError) -> ServiceAccount {
        try secret.requireLength()
        var account = ServiceAccount(
            accessKey: try AccountName(accessKey: accessKey), secret: secret, owner: owner, created: time)
        account.policy = policy.map { .readable($0) }
        account.name = try KeyDetails.name(name)
        account.description = try KeyDetails.description(description)
        if let expiration { account.expiration = try KeyDetails.expiration(expiration, at: time) }
        return account
    }
}

extension AccountsSnapshot {
    /// - Throws: `noSuchUser`, `limitReached`.
    func requireRoom(for owner: AccountOwner) throws(AccountError) {
        if case .user(let name) = owner, user(name) == nil { throw .noSuchUser }
        guard countOwned(by: owner) < AccountLimits.keysPerOwner else {
            throw .limitReached("access keys and sessions of one user")
        }
    }
}

/// What may be said of an access key.
enum KeyDetails {
    /// `nil` for an empty one.
    static func name(_ text: String?) throws(AccountError) -> String? {
        guard let text, !text.isEmpty else { return nil }
        guard text.utf8.count <= 32, text.utf8.first.map(isLetter) == true,
            text.utf8.allSatisfy({ isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x5F || $0 == 0x2D })
        else {
            throw .invalidDetails(
                "The name of an access key has at most 32 letters, digits, '_' and '-', and begins with a letter.")
        }
        return text
    }

    /// `nil` for an empty one.
    static func description(_ text: String?) throws(AccountError) -> String? {
        guard let text, !text.isEmpty else { return nil }
        guard text.utf8.count <= 256 else {
            throw .invalidDetails("The description of an access key has at most 256 bytes.")
        }
        return text
    }

    /// Whole seconds, in milliseconds; `nil` for zero, which is never.
    static func expiration(_ expiration: Int64, at time: Int64) throws(AccountError) -> Int64? {
        guard expiration != 0 else { return nil }
        guard (900_000...31_536_000_000).contains(expiration - time) else {
            throw .invalidDetails("An access key expires in 15 minutes at the earliest, and in 365 days at the latest.")
        }
        return expiration / 1000 * 1000
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
