extension AccountChanges {
    /// Adds users to a group, which is made if there is none.
    ///
    /// - Parameter mayGiveRights: whether the group may be one that has policies.
    /// - Throws: `noSuchUser`, `memberIsNoUser`, `mayNotGiveRights`, `limitReached`.
    package func addMembers(
        _ members: [AccountName], to name: AccountName, isEnabled: Bool?, mayGiveRights: Bool = true, at time: Int64
    ) async throws {
        let root = rootName
        try await change { snapshot throws(AccountError) in
            var mutations: [AccountMutation] = []
            for member in Set(members).sorted() {
                guard member != root, snapshot.serviceAccounts[member] == nil, snapshot.sessions[member] == nil else {
                    throw .memberIsNoUser
                }
                guard var user = snapshot.user(member) else { throw .noSuchUser }
                guard !user.groups.contains(name) else { continue }
                guard user.groups.count < AccountLimits.groupsPerUser else { throw .limitReached("groups of one user") }
                user.groups = (user.groups + [name]).sorted()
                mutations.append(.put(.user(user)))
            }
            var group = snapshot.group(name) ?? Group(name: name, changed: time)
            guard mayGiveRights || group.policies.isEmpty else { throw .mayNotGiveRights }
            if snapshot.group(name) == nil, snapshot.groups.count >= AccountLimits.groups {
                throw .limitReached("groups")
            }
            if let isEnabled { group.isEnabled = isEnabled }
            group.changed = time
            // First, so that its members' rights are those of a group that is there.
            return ([.put(.group(group))] + mutations, ())
        }
    }

    /// Takes users out of a group.
    ///
    /// - Parameter mayGiveRights: whether the group may be one that has policies, which forbid its members something.
    /// - Throws: `noSuchGroup`, `noSuchUser`, `mayNotGiveRights`.
    package func removeMembers(
        _ members: [AccountName], from name: AccountName, mayGiveRights: Bool = true, at time: Int64
    ) async throws {
        try await change { snapshot throws(AccountError) in
            guard var group = snapshot.group(name) else { throw .noSuchGroup }
            guard mayGiveRights || group.policies.isEmpty else { throw .mayNotGiveRights }
            var mutations: [AccountMutation] = []
            for member in Set(members).sorted() {
                guard var user = snapshot.user(member) else { throw .noSuchUser }
                guard user.groups.contains(name) else { continue }
                user.groups.removeAll { $0 == name }
                mutations.append(.put(.user(user)))
            }
            guard !mutations.isEmpty else { return ([], ()) }
            group.changed = time
            return (mutations + [.put(.group(group))], ())
        }
    }

    /// Removes a group that has no members.
    ///
    /// - Throws: `noSuchGroup`, `groupNotEmpty`.
    package func removeGroup(_ name: AccountName) async throws {
        try await change { snapshot throws(AccountError) in
            guard snapshot.group(name) != nil else { throw .noSuchGroup }
            guard snapshot.members(of: name).isEmpty else { throw .groupNotEmpty }
            return ([.remove(.group, name)], ())
        }
    }

    /// - Parameter caller: whose own rights may not change with it; nil for none.
    /// - Throws: `noSuchGroup`, `mayNotGiveRights`.
    package func setGroup(
        _ name: AccountName, isEnabled: Bool, unlessOf caller: AccountName? = nil, at time: Int64
    ) async throws {
        try await change { snapshot throws(AccountError) in
            guard var group = snapshot.group(name) else { throw .noSuchGroup }
            if let caller, snapshot.user(caller)?.groups.contains(name) == true { throw .mayNotGiveRights }
            guard group.isEnabled != isEnabled else { return ([], ()) }
            group.isEnabled = isEnabled
            group.changed = time
            return ([.put(.group(group))], ())
        }
    }
}
