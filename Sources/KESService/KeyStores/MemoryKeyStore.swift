import Cryptography
package import KESProtocol
import Synchronization

/// Keys that end with the process, for development and tests.
package final class MemoryKeyStore: KeyStore {
    private let values = Mutex<[KeyName: [UInt8]]>([:])

    package init() {}

    package var title: String { "In Memory" }

    package func status() async throws(KeyStoreError) -> Duration { .milliseconds(1) }

    package func create(_ name: KeyName, _ value: [UInt8]) async throws(KeyStoreError) {
        let isNew = values.withLock { values in
            guard values[name] == nil else { return false }
            values[name] = value
            return true
        }
        guard isNew else { throw .exists }
    }

    package func replace(_ name: KeyName, _ old: [UInt8], with new: [UInt8]) async throws(KeyStoreError) {
        try values.withLock { values throws(KeyStoreError) in
            guard let found = values[name] else { throw .notFound }
            guard constantTimeEqual(found, old) else { throw .conflict }
            values[name] = new
        }
    }

    package func get(_ name: KeyName) async throws(KeyStoreError) -> [UInt8] {
        guard let value = values.withLock({ $0[name] }) else { throw .notFound }
        return value
    }

    package func delete(_ name: KeyName) async throws(KeyStoreError) {
        guard values.withLock({ $0.removeValue(forKey: name) }) != nil else { throw .notFound }
    }

    package func list(prefix: String) async throws(KeyStoreError) -> [String] {
        values.withLock { $0.keys.map(\.text).filter { $0.hasPrefix(prefix) } }.sorted()
    }
}
