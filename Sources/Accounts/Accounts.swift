import Cryptography
package import KeyManagement
package import SealedStorage
import Threading

/// Users, groups, policies, access keys and sessions: what is on the drive, in memory as one snapshot.
///
/// A change is decided on the snapshot of the moment, while no other change is made; it is in the snapshot once it is durable.
/// A request finds its account in microseconds, and keeps the rights that it found.
package final class Accounts: AccountChanges, Sendable {
    /// What of the server's configuration accounts depend on.
    package struct Setting: Sendable {
        /// Root's access key, which no other account may have.
        package var rootAccessKey: @Sendable () -> String
        /// Whether root, and who acts for it, may send requests now.
        package var admitsRoot: Bool { admitsRootNow() }
        private let admitsRootNow: @Sendable () -> Bool

        /// - Parameter admitsRoot: is asked again with every request that it matters for.
        package init(
            rootAccessKey: @escaping @Sendable () -> String,
            admitsRoot: @autoclosure @escaping @Sendable () -> Bool = true
        ) {
            self.rootAccessKey = rootAccessKey
            admitsRootNow = admitsRoot
        }
    }

    private enum State {
        case locked(KeyServiceError)
        case open(Current)
    }

    /// The snapshot of the moment, behind one reference: a request takes that, and not one of each of its tables.
    final class Current: Sendable {
        let snapshot: AccountsSnapshot

        init(_ snapshot: AccountsSnapshot) { self.snapshot = snapshot }
    }

    package let setting: Setting
    private let records: AccountRecords
    let secrets: SealedRecords
    private let turns = ChangeTurns()
    private let state = ShortLock(State.locked(.unavailable("it has not opened the drive's accounts yet")))
    private let tokenKey = ShortLock<SecretBytes?>(nil)

    package init(records: SealedRecords, setting: Setting) {
        self.records = AccountRecords(records)
        secrets = records
        self.setting = setting
    }

    /// Reads all of them, once the catalogue is open; until then nobody but root is known.
    ///
    /// - Returns: how many records are damaged. What they were is lost; who depends on a policy or group that is, may do
    ///   nothing.
    package func load() async throws -> Int {
        try await turns.take {
            var mutations: [AccountMutation] = []
            var members: [AccountMutation] = []
            var damaged = 0
            for (_, bytes) in try records.all() {
                guard let bytes, let record = try? AccountRecord(decoding: bytes) else {
                    damaged += 1
                    continue
                }
                switch record {
                case .policy, .group: mutations.append(.put(record))
                case .user, .serviceAccount, .session, .consoleSession, .sharedLink: members.append(.put(record))
                }
            }
            var snapshot = AccountsSnapshot()
            snapshot.apply(mutations)
            snapshot.apply(members)
            let key = try await loadTokenKey()
            tokenKey.withLock { $0 = key }
            state.withLock { [snapshot] in $0 = .open(Current(snapshot)) }
            takeUpUses()
            return damaged
        }
    }

    /// Takes note of why they cannot be read for now.
    package func stayLocked(by obstacle: KeyServiceError) {
        state.withLock { if case .locked = $0 { $0 = .locked(obstacle) } }
    }

    /// All of them, as they are now.
    package var snapshot: AccountsSnapshot {
        get throws(AccountError) { try current.snapshot }
    }

    var current: Current {
        get throws(AccountError) {
            switch state.withLock({ $0 }) {
            case .locked(let obstacle): throw .locked(obstacle)
            case .open(let current): return current
            }
        }
    }

    package var rootName: AccountName { AccountName(setting.rootAccessKey()) }

    package func change<R>(_ decide: AccountDecision<R>) async throws -> R {
        try await turns.take {
            var snapshot = try snapshot
            let (mutations, result) = try decide(snapshot)
            guard !mutations.isEmpty else { return result }
            try await records.commit(mutations.map(\.change))
            snapshot.apply(mutations)
            state.withLock { [snapshot] in $0 = .open(Current(snapshot)) }
            return result
        }
    }

    /// Makes all changes that are made to a draft durable at once, or none of them where the closure throws.
    ///
    /// Other changes wait until then: the closure makes its own to the draft, never to the accounts themselves.
    package func inOneCommit<R>(_ body: (AccountsDraft) async throws -> R) async throws -> R {
        try await turns.take {
            let draft = AccountsDraft(try snapshot, rootName: rootName)
            let result = try await body(draft)
            guard !draft.mutations.isEmpty else { return result }
            try await records.commit(draft.mutations.map(\.change))
            state.withLock { [snapshot = draft.snapshot] in $0 = .open(Current(snapshot)) }
            return result
        }
    }

    // MARK: The key of session tokens

    private static let tokenKeySetting = "session-token-key"

    /// The key under which session tokens are signed: made when there is none, or one that is damaged.
    ///
    /// Nothing depends on its being the same: a session is known by its whole token.
    private func loadTokenKey() async throws -> SecretBytes {
        do {
            if let kept = try secrets.secretSetting(Self.tokenKeySetting) { return SecretBytes(kept) }
        } catch is Corruption {}
        let key = SecureRandom.privateBytes(64)
        try await secrets.setSecretSetting(Self.tokenKeySetting, key)
        return SecretBytes(key)
    }

    func signingKeyOfTokens() throws(AccountError) -> SecretBytes {
        guard let key = tokenKey.withLock({ $0 }) else {
            throw .locked(.unavailable("it has not opened the drive's accounts yet"))
        }
        return key
    }
}
