package import KESProtocol

/// One file for each key in one directory, as the original KES keeps them.
///
/// A file is named like its key, is for its owner alone (0600) and holds the value and nothing else. It appears complete
/// or not at all: it is written under a temporary name, flushed to the disk, and then linked to its own. Several servers
/// may share a directory, KES among them.
///
/// Only regular files with valid names are keys; whatever else is there is left alone. A directory that is gone is a
/// failure: it never looks as though the keys did not exist, since clients might then make new ones.
///
/// File work happens on threads of its own, and changes, which may have to wait for another server's, on others than reads.
package final class FileKeyStore: KeyStore {
    /// The directory.
    package let path: String
    private let directory: KeyDirectory
    private let reads = BlockingCalls(label: "coffer.key-store.reads", threads: 4)
    private let changes = BlockingCalls(label: "coffer.key-store.changes", threads: 4)

    /// Opens the directory, made with those above it if it is missing, and clears away what a crash left.
    ///
    /// Blocks for the file work.
    package init(path: String) throws(KeyStoreError) {
        self.path = path
        directory = KeyDirectory(path: path)
        try directory.open()
    }

    package var title: String { "Filesystem: \(path)" }

    package func status() async throws(KeyStoreError) -> Duration {
        let start = ContinuousClock.now
        try await reads.run { [directory] (_) throws(KeyStoreError) in try directory.check() }
        return ContinuousClock.now - start
    }

    package func create(_ name: KeyName, _ value: [UInt8]) async throws(KeyStoreError) {
        try await changes.run { [directory] (call) throws(KeyStoreError) in
            try directory.create(name.text, value, call)
        }
    }

    package func replace(_ name: KeyName, _ old: [UInt8], with new: [UInt8]) async throws(KeyStoreError) {
        try await changes.run { [directory] (call) throws(KeyStoreError) in
            try directory.replace(name.text, old, with: new, call)
        }
    }

    package func get(_ name: KeyName) async throws(KeyStoreError) -> [UInt8] {
        try await reads.run { [directory] (_) throws(KeyStoreError) in try directory.read(name.text) }
    }

    package func delete(_ name: KeyName) async throws(KeyStoreError) {
        try await changes.run { [directory] (call) throws(KeyStoreError) in try directory.remove(name.text, call) }
    }

    package func list(prefix: String) async throws(KeyStoreError) -> [String] {
        try await reads.run { [directory] (_) throws(KeyStoreError) in try directory.names(prefix: prefix) }
    }
}
