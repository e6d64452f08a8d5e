/// Rows in the order of their numbers, for whoever goes through all of them: some at a time, each page of one moment.
///
/// Rows that come meanwhile have greater numbers; who notes the greatest at the beginning comes to an end.
extension ObjectStore {
    /// The greatest row number of versions, annotations among them; 0 when there are none.
    package func greatestVersionRow() async throws(StorageError) -> Int64 {
        try await scan { session throws(StorageError) in try session.greatestVersionRow() }
    }

    /// The greatest row number of uploads; 0 when there are none.
    package func greatestUploadRow() async throws(StorageError) -> Int64 {
        try await scan { session throws(StorageError) in try session.greatestUploadRow() }
    }

    /// Versions and annotations behind a row number, with their bodies and leases on their files.
    ///
    /// Throws `corrupt` where a page of the catalogue cannot be read: what lies behind it can be asked for.
    ///
    /// - Parameters:
    ///   - last: the greatest row number wanted.
    ///   - limit: rows at most.
    ///   - bytes: of records and bodies, at which the page ends; one row is given however long it is.
    package func walkVersions(
        after row: Int64, upTo last: Int64, limit: Int, bytes: Int
    ) async throws(StorageError) -> [WalkedVersion] {
        let (leases, dataKeyRows) = (leases, dataKeyRows)
        return try await scan { session throws(StorageError) in
            try leases.lookUp { lease throws(StorageError) in
                try session.walkVersions(
                    after: row, upTo: last, limit: limit, bytes: bytes, dataKeys: dataKeyRows, lease: lease)
            }
        }
    }

    /// Uploads in progress behind a row number.
    package func walkUploads(
        after row: Int64, upTo last: Int64, limit: Int
    ) async throws(StorageError) -> [WalkedUpload] {
        let dataKeyRows = dataKeyRows
        return try await scan { session throws(StorageError) in
            try session.walkUploads(after: row, upTo: last, limit: limit, dataKeys: dataKeyRows)
        }
    }

    /// Events that wait, behind a number, whatever they are for.
    package func walkEvents(after number: Int64, limit: Int) async throws(StorageError) -> [WalkedEvent] {
        try await scan { session throws(StorageError) in try session.walkEvents(after: number, limit: limit) }
    }

    /// What is kept of completed uploads, behind a row number.
    package func walkCompletions(
        after row: Int64, limit: Int
    ) async throws(StorageError) -> [(row: Int64, completed: CompletedUpload?)] {
        try await scan { session throws(StorageError) in try session.walkCompletions(after: row, limit: limit) }
    }

    /// Every setting as it is stored; there are some dozens.
    package func settings() async throws(StorageError) -> [(name: String, value: [UInt8])] {
        try await scan { session throws(StorageError) in try session.settings() }
    }

    /// Whether an upload in progress still has this part, with this file.
    package func hasPart(_ part: PartRow, of upload: UploadID) async throws(StorageError) -> Bool {
        try await scan { session throws(StorageError) in
            try session.parts(of: upload, after: part.number - 1, limit: 1).first?.blob == part.blob
        }
    }

    /// What SQLite finds wrong with the catalogue: pages that contradict each other, entries of indexes without a row, rows
    /// without an entry.
    ///
    /// Reads all of it, in one snapshot: the log grows by what is written meanwhile.
    package func checkStructure() async throws(StorageError) -> [String] {
        try await scan { session throws(StorageError) in
            try session.all("PRAGMA integrity_check(100)") { row in row.string(0) }.filter { $0 != "ok" }
        }
    }

    /// Compares the counts that the catalogue keeps with its rows, all of one moment.
    ///
    /// Reads all rows of versions, in one snapshot: the log grows by what is written meanwhile.
    package func checkCounts() async throws(StorageError) -> CountCheck {
        try await scan { session throws(StorageError) in
            try session.snapshot { () throws(StorageError) in try session.checkCounts() }
        }
    }

    // MARK: Files

    /// The directories of blobs that there are.
    package func blobDirectories() async throws(StorageError) -> [BlobDirectory] {
        let layout = directories.layout
        return try await scan { _ throws(StorageError) in try layout.existingDirectories() }
    }

    /// Looks which files of a directory of blobs, some thousands at most, no row refers to.
    package func checkFiles(in directory: BlobDirectory) async throws(StorageError) -> FileCheck {
        let directories = directories
        return try await scan { session throws(StorageError) in
            let files = try directories.layout.blobs(in: directory)
            // Between these two: what has been committed by now has a row, and what has not is in the first.
            let unsettled = directories.unsettledBlobs
            var check = FileCheck(count: files.count)
            guard let least = files.min(by: { $0.low < $1.low }), let greatest = files.max(by: { $0.low < $1.low })
            else {
                return check
            }
            var referred = try session.referredBlobs(from: least, before: greatest)
            referred.formUnion(try session.referredBlobs(from: greatest, before: greatest.next))
            check.unreferred = files.filter { blob in
                // One whose row went before this looked is unlinked before the row of the garbage goes.
                !referred.contains(blob) && !unsettled.contains(blob)
                    && fileExists(directories.layout.path(of: blob))
            }
            return check
        }
    }
}

/// A version with its row number, as who goes through all of them meets it.
package struct WalkedVersion: Sendable {
    package let row: Int64
    package let found: FoundVersion
    /// Whether the index by which requests find versions leads to it.
    package let isIndexed: Bool
    /// False when a version of a lesser row number has the same file or the same parts.
    package let isFirstOwner: Bool
    /// The files that the catalogue keeps for it, of a version made of parts.
    package let ownedBlobs: Set<BlobID>
}

package struct WalkedUpload: Sendable {
    package let row: Int64
    /// `nil` where the row is damaged.
    package let found: FoundUpload?
    /// False when its bucket is gone: then it is about to be removed.
    package let hasBucket: Bool
}

package struct WalkedEvent: Sendable {
    package let number: Int64
    package let target: String
    /// `nil` in a damaged row.
    package let id: EventID?
    package let sealed: [UInt8]
}

/// Where counts of the catalogue are not those of its rows.
package struct CountCheck: Sendable {
    package struct DataKey: Hashable, Sendable {
        package let id: DataKeyID
        package let kept: Int64
        package let counted: Int64
    }

    package struct Usage: Hashable, Sendable {
        package let bucket: BucketID
        package let kept: BucketUsage
        package let counted: BucketUsage
    }

    package var dataKeys: [DataKey] = []
    package var usage: [Usage] = []
    /// Rows that belong to nothing, the first hundred of each kind, as text.
    package var leftovers: [String] = []
}

/// What was found in a directory of blobs.
package struct FileCheck: Sendable {
    package let count: Int
    /// Files that no row refers to and that nobody is writing.
    package var unreferred: [BlobID] = []
}
