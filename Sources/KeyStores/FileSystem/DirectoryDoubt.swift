import Threading

/// What a key store no longer knows of its directory, after a change in it could not be flushed to the disk.
///
/// The system shows such a change as if it had been made, and flushing once more may succeed without writing it: whether a
/// power cut would take it back, nobody knows. So nothing is changed any more until the store is opened anew, which flushes
/// the directory first, and a name whose change could not be undone is not used either.
final class DirectoryDoubt: Sendable {
    private struct State {
        /// Why the first change could not be flushed.
        var cause: KeyStoreError?
        /// Names of keys whose files may be other ones after a power cut.
        var names: Set<String> = []
    }

    private let state = ShortLock(State())

    /// - Parameter name: A key that must not be used any more; `nil` when the change was undone.
    func begin(_ cause: KeyStoreError, about name: String?) {
        state.withLock { state in
            state.cause = state.cause ?? cause
            if let name { state.names.insert(name) }
        }
    }

    /// Throws ``KeyStoreError/unavailable(_:)`` when the key may be another one, or none, after a power cut.
    func check(use name: String) throws(KeyStoreError) {
        let cause = state.withLock { $0.names.contains(name) ? $0.cause : nil }
        if let cause { throw refusal(cause) }
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
