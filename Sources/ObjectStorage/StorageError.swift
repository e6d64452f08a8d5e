import Glibc

/// What the store answers when it cannot do what was asked.
package enum StorageError: Error, Hashable, Sendable {
    /// Another process owns the drive.
    case driveLocked(String)
    /// The drive was written by a newer release.
    case newerFormat(found: Int, supported: Int)
    /// The path cannot serve as a drive; the text says which and why.
    case unusable(String)
    case noSuchBucket
    case bucketExists(BucketRow)
    case bucketNotEmpty
    case noSuchKey
    case noSuchUpload
    /// A part named in a completion is not the part that the upload holds now.
    case partsChanged
    /// A version or upload names a data key that has no row, or brings one whose number another key has; nothing was stored.
    case noSuchDataKey
    /// A row names a blob that is not waiting for one, or is to share one to which no row refers any more.
    case noSuchBlob
    /// No room, neither on the device nor in the file system's quota. Deletes and reads still work.
    case diskFull
    /// The bucket would have more bytes than its quota; nothing was changed.
    case quotaExceeded
    /// The key has as many versions as it may have; nothing was changed.
    case tooManyVersions
    /// More than the bounded number of mutations wait for the committer.
    case overloaded
    /// A blob that a row refers to has no file: the drive is damaged.
    case blobMissing(BlobID)
    /// A call of the operating system failed; the drive need not be damaged: `EMFILE`, `EACCES`.
    case io(operation: String, errno: Int32)
    /// A sync failed: what was written before may be lost, and a further sync would not tell. Nothing more is written.
    case syncFailed(operation: String, errno: Int32)
    case database(String)
    /// Pages of the catalogue contradict each other: the drive is damaged. What does not need them goes on.
    ///
    /// The code is SQLite's extended one.
    case corrupt(code: Int32, String)
    case closed
    /// The drive's keys are not open yet, and what was to be changed is covered by its rollback evidence.
    case historyLocked
    /// The drive, or a table of it, was put back to an older state.
    case rolledBack(HistoryFault)
}

extension StorageError {
    /// The code of ``corrupt(code:_:)`` when an index lacks the entry of a row: `SQLITE_CORRUPT_INDEX`.
    static let corruptIndex: Int32 = 11 | 3 << 8

    package var isCorrupt: Bool {
        if case .corrupt = self { true } else { false }
    }

    /// An error of the operating system; running out of space or quota is its own case.
    static func system(_ operation: String, _ number: Int32) -> StorageError {
        number == ENOSPC || number == EDQUOT ? .diskFull : .io(operation: operation, errno: number)
    }
}

extension StorageError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .driveLocked(let path): "\(path) is in use by another process"
        case .newerFormat(let found, let supported):
            "the drive has format \(found), which is newer than format \(supported) of this release"
        case .unusable(let reason): reason
        case .noSuchBucket: "the bucket does not exist"
        case .bucketExists(let row): "the bucket \(row.name) exists already"
        case .bucketNotEmpty: "the bucket is not empty"
        case .noSuchKey: "the key does not exist"
        case .noSuchUpload: "the upload does not exist"
        case .partsChanged: "a part is missing or has been replaced"
        case .noSuchDataKey: "the data key does not exist"
        case .noSuchBlob: "the blob does not wait for a row"
        case .diskFull: "the drive is full"
        case .quotaExceeded: "the bucket's quota is exceeded"
        case .tooManyVersions: "the key has as many versions as it may have"
        case .overloaded: "too many changes wait for the drive"
        case .blobMissing(let blob): "the file of blob \(blob.hex) is missing"
        case .io(let operation, let number), .syncFailed(let operation, let number):
            "\(operation): \(errorText(number))"
        case .database(let reason): "catalogue: \(reason)"
        case .corrupt(let code, let reason):
            code == StorageError.corruptIndex
                ? "catalogue: a table and its index differ (\(code)); stop the server, copy coffer.db, and run REINDEX on it"
                : "catalogue: \(reason) (\(code)); stop the server, copy coffer.db, and run PRAGMA integrity_check on it"
        case .closed: "the drive is closed"
        case .historyLocked: "the drive's keys cannot be had yet, and nothing is changed without them"
        case .rolledBack(let fault):
            "\(fault). If the drive was put back on purpose, coffer verify with --accept-rollback takes it as it is"
        }
    }
}

/// The system's words for an error number.
func errorText(_ number: Int32) -> String {
    strerror(number).map { String(cString: $0) } ?? "error \(number)"
}
