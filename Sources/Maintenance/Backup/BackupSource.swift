package import ObjectStorage

/// Where a backup is taken from: a drive of this process, or a server's.
package protocol BackupSource: Sendable {
    /// Puts a copy of the catalogue, as it is at one moment, into a new file; from then on every file that it refers to stays
    /// until ``end()``.
    func begin(catalogueAt path: String) async throws

    /// Puts a blob's bytes, sealed as they are, into a new file.
    ///
    /// - Returns: their number; nil for a blob whose file is not there.
    func fetch(_ blob: BlobID, to path: String) async throws -> Int64?

    /// Lets files go.
    func end() async
}

/// A drive that this process has open.
package final class LocalBackupSource: BackupSource {
    private let store: ObjectStore
    private let hold = Held()

    package init(_ store: ObjectStore) { self.store = store }

    package func begin(catalogueAt path: String) async throws {
        hold.keep(store.holdFiles())
        let copy = try await store.copyCatalogue()
        defer { Files.remove(copy) }
        _ = try await store.offload { try Files.copy(copy, to: path) }
    }

    package func fetch(_ blob: BlobID, to path: String) async throws -> Int64? {
        let source = store.path(of: blob)
        return try await store.offload {
            guard Files.exists(source) else { return nil }
            return try Files.copy(source, to: path)
        }
    }

    package func end() async { hold.release() }
}
