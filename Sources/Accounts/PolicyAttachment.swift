extension AccountChanges {
    /// Attaches policies to a user or a group, or takes them away.
    ///
    /// - Returns: those that have changed.
    /// - Throws: `rootNeedsNoPolicies`, `noSuchUser`, `noSuchGroup`, `noSuchPolicy`, `alreadyApplied` when nothing changes,
    ///   `limitReached`.
    package func changePolicies(
        _ change: PolicyAttachment, of holder: PolicyHolder, at time: Int64
    ) async throws -> [AccountName] {
        let root = rootName
        return try await self.change { snapshot throws(AccountError) in
            guard holder != .user(root) else { throw .rootNeedsNoPolicies }
            var policies = try snapshot.policies(of: holder)
            let changed = try change.apply(to: &policies, snapshot)
            guard !changed.isEmpty || change.mayChangeNothing else { throw .alreadyApplied }
            return try (changed.isEmpty ? [] : [snapshot.giving(policies, to: holder, at: time)], changed)
        }
    }
}

/// Who can have policies.
package enum PolicyHolder: Hashable, Sendable {
    case user(AccountName)
    case group(AccountName)
}

extension AccountsSnapshot {
    fileprivate func policies(of holder: PolicyHolder) throws(AccountError) -> [AccountName] {
        switch holder {
        case .user(let name):
            guard let user = user(name) else { throw .noSuchUser }
            return user.policies
        case .group(let name):
            guard let group = group(name) else { throw .noSuchGroup }
            return group.policies
        }
    }

    fileprivate func giving(
        _ policies: [AccountName], to holder: PolicyHolder, at time: Int64
    ) throws(AccountError) -> AccountMutation {
        switch holder {
        case .user(let name):
            guard var user = user(name) else { throw .noSuchUser }
            user.policies = policies
            user.policiesChanged = time
            return .put(.user(user))
        case .group(let name):
            guard var group = group(name) else { throw .noSuchGroup }
            group.policies = policies
            group.changed = time
            return .put(.group(group))
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
