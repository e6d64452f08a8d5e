import Cryptography
import Threading

/// What a key store does not know of its directory: whether a change in it would outlast a power cut.
///
/// As long as a change is being flushed to the disk, its key is for this store what it was before: nothing is sealed with
/// what may go again. Other servers on the directory see the change at once, and may seal with it. So one that could not
/// be flushed is never taken back, which would destroy their key.
///
/// The system shows such a change as if it had been made, and flushing once more may succeed without writing it. So nothing
/// is changed any more until the store is opened anew, which flushes the directory first.
final class DirectoryDoubt: Sendable {
    /// What a key was before a change.
    enum Former: Sendable {
        case absent
        /// A value that opens nothing that the new one does not open, too.
        case value(SecretBytes, FileAccess)
    }

    private struct Change {
        let former: Former
        /// How many are under way: without a lock, several may try to create the same key.
        var count = 0
        var isUnflushed = false
    }

    private struct State {
        /// Why the first change could not be flushed.
        var cause: KeyStoreError?
        var changes: [String: Change] = [:]
    }

    private let state = ShortLock(State())

    /// Changes a key and flushes the change; until that has succeeded, and for good when it fails, the key is what it was.
    func change(
        _ name: String, from former: Former, _ change: () throws(KeyStoreError) -> Void,
        flush: () throws(KeyStoreError) -> Void
    ) throws(KeyStoreError) {
        state.withLock { $0.changes[name, default: Change(former: former)].count += 1 }
        defer { end(name) }
        try change()
        do throws(KeyStoreError) { try flush() } catch {
            begin(error)
            state.withLock { $0.changes[name]?.isUnflushed = true }
            throw error
        }
    }

    private func end(_ name: String) {
        state.withLock { state in
            guard var change = state.changes[name] else { return }
            change.count -= 1
            state.changes[name] = change.count > 0 || change.isUnflushed ? change : nil
        }
    }

    /// What a key counts as instead of what the directory shows, or nil when that is right.
    ///
    /// To be asked after the directory, so that no change can have begun in between. Throws
    /// ``KeyStoreError/unavailable(_:)`` when there may be none after a power cut.
    func former(of name: String) throws(KeyStoreError) -> Former? {
        let (change, cause) = state.withLock { ($0.changes[name], $0.cause) }
        if case .absent = change?.former, change?.isUnflushed == true, let cause { throw refusal(cause) }
        return change?.former
    }

    /// Notes that a change could not be flushed, and why.
    func begin(_ cause: KeyStoreError) {
        state.withLock { state in state.cause = state.cause ?? cause }
    }

    /// Throws ``KeyStoreError/unavailable(_:)`` once any change could not be flushed.
    func checkChanges() throws(KeyStoreError) {
        if let cause = state.withLock({ $0.cause }) { throw refusal(cause) }
    }

    private func refusal(_ cause: KeyStoreError) -> KeyStoreError {
        .unavailable(
            "an earlier change could not be made durable (\(cause)); when the disk is well, restart the server")
    }
}
