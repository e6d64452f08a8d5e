import Glibc
import Logging

/// Settles what the last run left: orphans, data keys that nothing refers to, and the floor.
struct Recovery {
    let catalogue: Catalogue
    let root: String
    let options: StoreOptions

    /// What the new run begins with.
    struct Outcome {
        let firstDirectory: UInt64
        let greatestOrder: Int64
    }

    /// Looks into the directories from the floor on; returns when none of them has an orphan.
    func run() throws(StorageError) -> Outcome {
        let floor = UInt64(
            clamping: try catalogue.writer.use { session throws(StorageError) in
                try session.driveValue("floor")
            })
        let existing = try BlobDirectories.existing(in: root)
        let first = max(floor, (existing.last ?? 0) + 1)
        let referred = try catalogue.writer.use { session throws(StorageError) in
            try session.referredBlobs(from: floor)
        }
        for directory in existing where directory >= floor {
            try unlinkOrphans(in: directory, referred: referred)
        }
        try syncDirectory(root)
        return try catalogue.writer.use { session throws(StorageError) in
            // A shared key's plaintext went with the process: nobody can begin to use it now. With a device so full that
            // not even this can be written, the drive still opens, to be read and to have things deleted.
            do throws(StorageError) {
                try session.execute(
                    """
                    BEGIN IMMEDIATE;
                    UPDATE data_keys SET shared = 0, retired = \(wallMilliseconds()) WHERE shared = 1;
                    DELETE FROM data_keys WHERE refs = 0;
                    UPDATE drive SET value = \(first) WHERE name = 'floor';
                    COMMIT;
                    """)
            } catch .diskFull {
                if session.isInTransaction { try session.execute("ROLLBACK") }
                options.logger.warning("the drive is full; what the last run left is settled at the next start")
            }
            return Outcome(firstDirectory: first, greatestOrder: try session.driveValue("order"))
        }
    }

    private func unlinkOrphans(in directory: UInt64, referred: Set<BlobID>) throws(StorageError) {
        var count = 0
        for blob in try BlobDirectories.blobs(in: root, directory: directory) where !referred.contains(blob) {
            let path = "\(root)/\(BlobDirectories.name(ofDirectory: directory))/\(hexDigits(of: blob.low, count: 16))"
            guard unlink(path) == 0 || errno == ENOENT else { throw .system("unlink an orphan", errno) }
            count += 1
            options.faultHook?(.recoveryUnlinked)
        }
        let path = "\(root)/\(BlobDirectories.name(ofDirectory: directory))"
        if count > 0 {
            options.logger.notice("removed \(count) unfinished blobs of the last run")
            if rmdir(path) == 0 { return }
        }
        // Even if there was nothing: what the last run unlinked before it was killed, a power cut could bring back.
        try syncDirectory(path)
    }
}
