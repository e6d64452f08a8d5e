package import Cryptography
package import KESProtocol
import Synchronization

/// Keys that end with the process, for development and tests.
package final class MemoryKeyStore: ReplacingKeyStore {
    private let values = Mutex<[KeyName: SecretBytes]>([:])

    package init() {}

    package var title: String { "In Memory" }

    // MARK: Calls

    package func status() async throws(KeyStoreError) -> Duration { .milliseconds(1) }

    package func create(_ name: KeyName, _ value: SecretBytes) async throws(KeyStoreError) {
        let isNew = values.withLock { values in
            guard values[name] == nil else { return false }
            values[name] = value
            return true
        }
        guard isNew else { throw .keyExists }
    }

    package func get(_ name: KeyName) async throws(KeyStoreError) -> SecretBytes {
        guard let value = values.withLock({ $0[name] }) else { throw .keyNotFound }
        return value
    }

    package func replace(_ name: KeyName, _ old: SecretBytes, with new: SecretBytes) async throws(KeyStoreError) {
        try values.withLock { values throws(KeyStoreError) in
            guard let found = values[name] else { throw .keyNotFound }
            guard found.isEqual(to: old) else { throw .keyChanged }
            values[name] = new
        }
    }

    package func delete(_ name: KeyName) async throws(KeyStoreError) {
        guard values.withLock({ $0.removeValue(forKey: name) }) != nil else { throw .keyNotFound }
    }

    package func list(
        prefix: String, after last: String?, limit: Int
    ) async throws(KeyStoreError) -> KeyNamePage {
        var selection = KeyNameSelection(prefix: prefix, after: last, limit: limit)
        for name in values.withLock({ $0.keys.map(\.text) }) { selection.add(name) }
        return selection.page
    }
}
