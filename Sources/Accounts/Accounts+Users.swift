package import S3Protocol

extension Accounts {
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

    /// Attaches policies to a user or takes them away.
    ///
    /// - Returns: those that have changed, and when.
    /// - Throws: `noSuchUser`, `noSuchPolicy`, `alreadyApplied` when nothing changes, `limitReached`.
    package func changePolicies(
        _ change: PolicyAttachment, ofUser name: AccountName, at time: Int64
    ) async throws -> [AccountName] {
        try await self.change { snapshot throws(AccountError) in
            guard var user = snapshot.user(name) else { throw .noSuchUser }
            let changed = try change.apply(to: &user.policies, snapshot)
            guard !changed.isEmpty || change.mayChangeNothing else { throw .alreadyApplied }
            user.policiesChanged = time
            return (changed.isEmpty ? [] : [.put(.user(user))], changed)
        }
    }
}

/// What becomes of the policies that a user or a group has.
package enum PolicyAttachment: Sendable {
    case attach([AccountName])
    case detach([AccountName])
    /// These in the place of all that were there.
    case replace([AccountName])

    var mayChangeNothing: Bool {
        switch self {
        case .attach, .detach: false
        case .replace: true
        }
    }

    /// - Returns: those that have changed, in the order of their names.
    func apply(
        to policies: inout [AccountName], _ snapshot: AccountsSnapshot
    ) throws(AccountError) -> [AccountName] {
        let present = Set(policies)
        let wanted: Set<AccountName>
        switch self {
        case .attach(let names):
            for name in names where snapshot.policy(name) == nil { throw .noSuchPolicy }
            wanted = present.union(names)
        case .detach(let names):
            // One that is attached can be taken away whether or not it can be read.
            for name in names where snapshot.policy(name) == nil && !present.contains(name) { throw .noSuchPolicy }
            wanted = present.subtracting(names)
        case .replace(let names):
            for name in names where snapshot.policy(name) == nil { throw .noSuchPolicy }
            wanted = Set(names)
        }
        guard wanted.count <= max(AccountLimits.policiesPerHolder, present.count) else {
            throw .limitReached("policies of one user or group")
        }
        policies = wanted.sorted()
        return wanted.symmetricDifference(present).sorted()
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
