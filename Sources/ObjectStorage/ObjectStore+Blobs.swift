import Glibc

extension ObjectStore {
    /// Creates a blob file.
    ///
    /// Throws `diskFull` at once when the device has no room for so many bytes.
    ///
    /// Creating a file costs tens of microseconds and seldom a directory sync.
    package func makeBlob(expectedLength: Int64) throws(StorageError) -> BlobWriter {
        try space.admitFile(expectedLength)
        return try BlobWriter(expectedLength: max(0, expectedLength), environment: blobs)
    }

    /// Gives up a finished blob that will get no row.
    ///
    /// Does nothing once a row has taken it.
    package func discard(_ blob: FinishedBlob) {
        guard directories.claim(blob.id) else { return }
        abandon(blob.id)
    }

    func abandon(_ blob: BlobID) {
        let directories = directories
        if !pool.submit({ directories.abandon(blob) }) { directories.abandon(blob) }
    }

    /// Opens a blob file.
    ///
    /// Throws `blobMissing` when it is not there: the drive is damaged, unless the blob's version is gone and nobody holds
    /// a lease; `io` when it cannot be opened for another reason, as for want of file descriptors. May wait for the device:
    /// belongs into ``offload(_:)``.
    package func openBlob(_ id: BlobID) throws(StorageError) -> BlobReader {
        try BlobReader(id, path: directories.layout.path(of: id))
    }

    /// Opens a blob file if no device need be waited for: its directory is in the kernel's cache; else nil.
    ///
    /// Microseconds; may be called on an event loop. Throws as ``openBlob(_:)``.
    package func openBlobIfCached(_ id: BlobID) throws(StorageError) -> BlobReader? {
        try BlobReader(cached: id, path: directories.layout.path(of: id))
    }

    /// Compares rows and files, all of them.
    ///
    /// Meaningful while nothing is being written.
    package func verifyNoOrphans() async throws(StorageError) -> OrphanReport {
        let layout = directories.layout
        return try await scan { session throws(StorageError) in
            var files: Set<BlobID> = []
            for directory in try layout.existingDirectories() { files.formUnion(try layout.blobs(in: directory)) }
            let referred = try session.referredBlobs(
                from: BlobID(high: 0, low: 0), before: BlobID(high: .max, low: .max))
            return OrphanReport(
                filesWithoutRow: files.subtracting(referred).sorted { $0.hex < $1.hex },
                rowsWithoutFile: referred.subtracting(files).sorted { $0.hex < $1.hex },
                miscountedDataKeys: try session.miscountedDataKeys())
        }
    }
}

/// Where the catalogue and the files of a drive disagree.
package struct OrphanReport: Hashable, Sendable {
    package let filesWithoutRow: [BlobID]
    package let rowsWithoutFile: [BlobID]
    /// Data keys whose count of references is not that of the rows.
    package let miscountedDataKeys: [DataKeyID]

    package var isClean: Bool { filesWithoutRow.isEmpty && rowsWithoutFile.isEmpty && miscountedDataKeys.isEmpty }
}
