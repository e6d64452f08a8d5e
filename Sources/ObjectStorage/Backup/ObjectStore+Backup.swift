import Glibc

extension ObjectStore {
    /// Keeps every file from being unlinked.
    ///
    /// To be taken before ``copyCatalogue()``, and held until the files are copied.
    package func holdFiles() -> FileHold { unlinker.holds.hold() }

    /// Copies the catalogue as it is at one moment, between two commits, into a file of the drive's directory.
    ///
    /// Reads all of it in one snapshot: writes go on, and the log grows by them meanwhile. One at a time.
    ///
    /// - Returns: the file, which its taker unlinks; a start unlinks one that was left.
    package func copyCatalogue() async throws(StorageError) -> String {
        let path = "\(drive.path)/\(Self.catalogueCopy)"
        let database = "\(drive.path)/coffer.db"
        try space.admitFile(try fileLength(database))
        do {
            return try await scans.run {
                _ = unlink(path)
                try Connection.copy(database, to: path)
                return path
            }
        } catch {
            _ = unlink(path)
            throw .wrapping(error)
        }
    }

    /// Unlinks what a crash has left of ``copyCatalogue()``.
    static func removeCatalogueCopy(of directory: String) {
        for suffix in ["", "-journal", "-wal", "-shm"] { _ = unlink("\(directory)/\(catalogueCopy)\(suffix)") }
    }

    private static let catalogueCopy = "catalogue.copy"

    /// The path of a blob's file, for who copies it without this.
    package func path(of blob: BlobID) -> String { directories.layout.path(of: blob) }
}
