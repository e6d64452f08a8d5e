package import Cryptography
package import KESProtocol
package import Logging
import Synchronization

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
package final class FileKeyStore: ReplacingKeyStore {
    package let configuration: FileKeyStoreConfiguration
    private let directory: KeyDirectory
    private let logger: Logger
    private let reads = BlockingCalls(label: "coffer.key-store.reads", threads: 4)
    private let changes = BlockingCalls(label: "coffer.key-store.changes", threads: 4)
    private let warnedOfKey = Atomic(false)

    /// Opens the directory, and does there what `user` may do at that.
    ///
    /// Blocks for the file work. Warns when others than the owner may look into the directory, as the original KES lets
    /// them, or even change it.
    package init(
        _ configuration: FileKeyStoreConfiguration, as user: DirectoryUser = .server, logger: Logger
    ) throws(KeyStoreError) {
        self.configuration = configuration
        self.logger = logger
        directory = KeyDirectory(path: configuration.path)
        let access = try directory.open(as: user)
        if let warning = access.warning(of: "the key store \(configuration.path)", wanted: "0700") {
            logger.warning("\(warning)")
        }
    }

    package var title: String { "Filesystem: \(configuration.path)" }

    // MARK: Calls

    package func status() async throws(KeyStoreError) -> Duration {
        let start = ContinuousClock.now
        _ = try await reads.run { [directory] (_) throws(KeyStoreError) in try directory.check() }
        return ContinuousClock.now - start
    }

    package func create(_ name: KeyName, _ value: SecretBytes) async throws(KeyStoreError) {
        try await changes.run { [directory] (call) throws(KeyStoreError) in
            try directory.create(name.text, value, call)
        }
    }

    package func get(_ name: KeyName) async throws(KeyStoreError) -> SecretBytes {
        let (value, access) = try await reads.run { [directory] (_) throws(KeyStoreError) in
            try directory.read(name.text)
        }
        // Once: of many files that came from one backup, each is as open as the other.
        if let warning = access.warning(of: "the file of the key '\(name)'", wanted: "0600"),
            !warnedOfKey.exchange(true, ordering: .relaxed)
        {
            logger.warning("\(warning)", metadata: ["path": "\(configuration.path)"])
        }
        return value
    }

    package func replace(_ name: KeyName, _ old: SecretBytes, with new: SecretBytes) async throws(KeyStoreError) {
        try await changes.run { [directory] (call) throws(KeyStoreError) in
            try directory.replace(name.text, old, with: new, call)
        }
    }

    package func delete(_ name: KeyName) async throws(KeyStoreError) {
        try await changes.run { [directory] (call) throws(KeyStoreError) in try directory.remove(name.text, call) }
    }

    package func list(
        prefix: String, after last: String?, limit: Int
    ) async throws(KeyStoreError) -> KeyNamePage {
        try await reads.run { [directory] (call) throws(KeyStoreError) in
            try directory.names(prefix: prefix, after: last, limit: limit, call)
        }
    }
}
