package import S3Protocol

extension AccountChanges {
    /// Makes a user, or gives the one that there is another secret and status.
    ///
    /// - Parameter mayReplace: whether one that there is may be given another secret: with it one is that user.
    /// - Throws: `isRoot`, `isNoUser`, `invalidAccessKey`, `invalidSecret`, `mayNotGiveRights`, `limitReached`.
    package func putUser(
        _ accessKey: String, secret: SecretString, isEnabled: Bool, mayReplace: Bool = true, at time: Int64
    ) async throws {
        let name = try AccountName(accessKey: accessKey)
        try secret.requireLength()
        let root = rootName
        try await change { snapshot throws(AccountError) in
            guard name != root else { throw .isRoot }
            guard snapshot.serviceAccounts[name] == nil, snapshot.sessions[name] == nil else { throw .isNoUser }
            guard var user = snapshot.user(name) else {
                guard snapshot.members.count < AccountLimits.users else { throw .limitReached("users") }
                return ([.put(.user(User(name: name, secret: secret, isEnabled: isEnabled, created: time)))], ())
            }
            guard mayReplace else { throw .mayNotGiveRights }
            user.secret = secret
            user.isEnabled = isEnabled
            return ([.put(.user(user))], ())
        }
    }

    /// - Throws: `noSuchUser`.
    package func setUser(_ name: AccountName, isEnabled: Bool) async throws {
        try await change { snapshot throws(AccountError) in
            guard var user = snapshot.user(name) else { throw .noSuchUser }
            guard user.isEnabled != isEnabled else { return ([], ()) }
            user.isEnabled = isEnabled
            return ([.put(.user(user))], ())
        }
    }

    /// Removes a user with all its access keys and sessions.
    ///
    /// - Throws: `noSuchUser`.
    package func removeUser(_ name: AccountName) async throws {
        try await change { snapshot throws(AccountError) in
            guard snapshot.user(name) != nil else { throw .noSuchUser }
            return (snapshot.removals(ofKeysOf: .user(name)) + [.remove(.user, name)], ())
        }
    }
}

extension AccountsSnapshot {
    /// What removes every access key and session of an owner.
    func removals(ofKeysOf owner: AccountOwner) -> [AccountMutation] {
        keys(ownedBy: owner).sorted().map { name in
            serviceAccounts[name] != nil ? .remove(.serviceAccount, name) : .remove(.session, name)
        }
    }
}

extension SecretString {
    func requireLength() throws(AccountError) {
        guard AccountLimits.secret.contains(withUnsafeBytes { $0.count }) else { throw .invalidSecret }
    }
}
