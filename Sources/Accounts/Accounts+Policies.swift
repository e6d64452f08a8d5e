package import AccessPolicy

extension AccountChanges {
    /// Keeps a policy under a name, in the place of the one that is there.
    ///
    /// Whoever has it has the new one with the commit.
    /// - Parameter mayReplace: whether there may be one already.
    /// - Throws: `mayNotGiveRights`, `limitReached`.
    package func putPolicy(
        _ name: AccountName, _ policy: IdentityPolicy, mayReplace: Bool = true, at time: Int64
    ) async throws {
        try await change { snapshot throws(AccountError) in
            let present = snapshot.policy(name)
            guard mayReplace || present == nil else { throw .mayNotGiveRights }
            if present == nil, snapshot.policies.count >= AccountLimits.policies { throw .limitReached("policies") }
            let created = present.flatMap { $0.created == 0 ? nil : $0.created } ?? time
            return (
                [.put(.policy(NamedPolicy(name: name, policy: .readable(policy), created: created, changed: time)))], ()
            )
        }
    }

    /// Removes a policy; one that every server has is again what it is from the start.
    ///
    /// That there is none is no error.
    /// - Throws: `policyInUse`.
    package func removePolicy(_ name: AccountName) async throws {
        try await change { snapshot throws(AccountError) in
            guard !snapshot.isAttached(name) else { throw .policyInUse }
            guard let policy = snapshot.policy(name), policy.created != 0 else { return ([], ()) }
            return ([.remove(.policy, name)], ())
        }
    }
}
