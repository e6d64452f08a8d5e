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
        let directories = directories
        if !pool.submit({ directories.abandon(blob.id) }) { directories.abandon(blob.id) }
    }

    /// Opens a blob file.
    ///
    /// Throws `io` with `ENOENT` when it is not there.
    package func openBlob(_ id: BlobID) throws(StorageError) -> BlobReader {
        try BlobReader(path: directories.path(of: id))
    }

    /// Compares rows and files, all of them.
    ///
    /// Meaningful while nothing is being written. Blocks.
    package func verifyNoOrphans() throws(StorageError) -> OrphanReport {
        let root = "\(drive.path)/blobs"
        var files: Set<BlobID> = []
        for directory in try BlobDirectories.existing(in: root) {
            files.formUnion(try BlobDirectories.blobs(in: root, directory: directory))
        }
        let (referred, miscounted) = try catalogue.readers.read { session throws(StorageError) in
            (try session.referredBlobs(from: 0), try session.miscountedDataKeys())
        }
        return OrphanReport(
            filesWithoutRow: files.subtracting(referred).sorted { $0.hex < $1.hex },
            rowsWithoutFile: referred.subtracting(files).sorted { $0.hex < $1.hex },
            miscountedDataKeys: miscounted)
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
