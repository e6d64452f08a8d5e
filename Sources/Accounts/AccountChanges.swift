/// What a change of accounts makes of all that there is; it may say that there is nothing to be changed.
package typealias AccountDecision<R> = (AccountsSnapshot) throws(AccountError) -> (
    mutations: [AccountMutation], result: R
)

/// Where accounts are changed: the accounts themselves, each change durable when it returns, or a draft of them.
package protocol AccountChanges {
    /// Root's access key, which no other account may have.
    var rootName: AccountName { get }

    /// Makes a change that is decided on what there is, while no other is made.
    func change<R>(_ decide: AccountDecision<R>) async throws -> R
}

/// Accounts as they will be once several changes are durable together.
package final class AccountsDraft: AccountChanges {
    package let rootName: AccountName
    private(set) var snapshot: AccountsSnapshot
    private(set) var mutations: [AccountMutation] = []

    init(_ snapshot: AccountsSnapshot, rootName: AccountName) {
        self.snapshot = snapshot
        self.rootName = rootName
    }

    package func change<R>(_ decide: AccountDecision<R>) async throws -> R {
        let (mutations, result) = try decide(snapshot)
        snapshot.apply(mutations)
        self.mutations += mutations
        return result
    }
}
