import Glibc
import Logging

/// Settles what the last run left: orphans, and data keys that nobody can begin to use any more.
struct Recovery {
    let catalogue: Catalogue
    let root: String
    let options: StoreOptions

    /// The layout and the numbers with which the new run of the server begins.
    struct Outcome {
        let layout: BlobLayout
        let epoch: UInt64
        let greatestOrder: Int64
        let greatestDataKey: Int64
        let greatestBucket: Int64
    }

    private static let pageSize = 512
    private static let mostReserved: UInt64 = 1 << 32

    /// Looks at the files that former runs have not settled; returns when none of them is an orphan, but for such as
    /// cannot be unlinked.
    func run() throws(StorageError) -> Outcome {
        try catalogue.writer.use { session throws(StorageError) in
            let layout = try layout(session)
            try settleFormerRelease(session, layout)
            for epoch in try session.epochs() { try settle(epoch, session, layout) }
            try syncDirectory(root)
            // With a device so full that not even this can be written, the drive still opens, to be read and to have
            // things deleted.
            do throws(StorageError) {
                try settleDataKeys(session)
            } catch .diskFull {
                warn("the drive is full; what the last run left is settled at the next start", session)
            }
            return Outcome(
                layout: layout, epoch: try nextEpoch(session, layout),
                greatestOrder: try session.driveValue("order"),
                greatestDataKey: try session.driveValue("data_key"), greatestBucket: try session.greatestBucket())
        }
    }

    /// The first run that counts its blobs has a number above all directories of former releases.
    private func layout(_ session: Session) throws(StorageError) -> BlobLayout {
        let known = try session.driveValue("first_epoch")
        if known > 0 { return BlobLayout(root: root, firstEpoch: UInt64(known)) }
        let former = BlobLayout(root: root, firstEpoch: .max)
        let last = try former.existingDirectories().last?.epoch ?? 0
        // Rows count too: the directories may not be there at this moment.
        let named = try session.greatestBlob()?.epoch ?? 0
        let first = max(UInt64(clamping: try session.driveValue("floor")), max(last, named) + 1)
        try session.execute("UPDATE drive SET value = \(first) WHERE name = 'first_epoch'")
        return BlobLayout(root: root, firstEpoch: first)
    }

    /// Above every run that the catalogue knows, and every one that has left a directory: a catalogue that was put back
    /// from a copy must not give numbers again.
    private func nextEpoch(_ session: Session, _ layout: BlobLayout) throws(StorageError) -> UInt64 {
        let known = UInt64(clamping: try session.driveValue("epoch"))
        let seen = try layout.existingDirectories().map(\.epoch).max() ?? 0
        return max(max(known, seen) + 1, layout.firstEpoch)
    }

    // MARK: Files

    /// Former releases gave random names: from their floor on, directories are listed.
    private func settleFormerRelease(_ session: Session, _ layout: BlobLayout) throws(StorageError) {
        let floor = UInt64(clamping: try session.driveValue("floor"))
        guard floor < layout.firstEpoch else { return }
        let referred = try session.referredBlobs(
            from: BlobID(high: floor, low: 0), before: BlobID(high: layout.firstEpoch, low: 0))
        var removal = Removal()
        for directory in try layout.existingDirectories()
        where directory.epoch >= floor && directory.epoch < layout.firstEpoch {
            for blob in try layout.blobs(in: directory) where !referred.contains(blob) {
                unlink(blob, layout, &removal)
            }
            try sync(directory, layout)
        }
        try finish(
            removal, session, "UPDATE drive SET value = \(layout.firstEpoch) WHERE name = 'floor'")
    }

    /// Goes through the numbers that the run had reserved and not settled: nothing is listed.
    private func settle(
        _ epoch: UnsettledEpoch, _ session: Session, _ layout: BlobLayout
    ) throws(StorageError) {
        var removal = Removal()
        guard epoch.epoch >= layout.firstEpoch else {
            options.logger.error("the catalogue's row of run \(epoch.epoch) is damaged; its files are left as they are")
            return
        }
        var first = epoch.settled
        // No run has reserved more than it has made by so many; a greater number is a damaged one.
        let reserved = min(epoch.reserved, first &+ Self.mostReserved)
        while first < reserved {
            let directory = layout.directory(of: BlobID(epoch: epoch.epoch, counter: first))
            let last = min(reserved, (directory.block + 1) << BlobLayout.directoryShift)
            let referred = try session.referredBlobs(
                from: BlobID(epoch: epoch.epoch, counter: first), before: BlobID(epoch: epoch.epoch, counter: last))
            if access(layout.path(of: directory), F_OK) == 0 {
                for counter in first..<last {
                    let blob = BlobID(epoch: epoch.epoch, counter: counter)
                    if !referred.contains(blob) { unlink(blob, layout, &removal) }
                }
                try sync(directory, layout)
            }
            first = last
        }
        try finish(removal, session, "DELETE FROM epochs WHERE epoch = \(epoch.epoch)")
    }

    private struct Removal {
        var count = 0
        var failures = 0
        var firstFailure: StorageError?
    }

    private func unlink(_ blob: BlobID, _ layout: BlobLayout, _ removal: inout Removal) {
        if Glibc.unlink(layout.path(of: blob)) == 0 {
            removal.count += 1
            options.faultHook?(.recoveryUnlinked)
        } else if errno != ENOENT {
            removal.failures += 1
            if removal.firstFailure == nil { removal.firstFailure = .system("unlink \(layout.path(of: blob))", errno) }
        }
    }

    /// Even if nothing was unlinked: what the last run unlinked before it was killed, a power cut could bring back.
    private func sync(_ directory: BlobDirectory, _ layout: BlobLayout) throws(StorageError) {
        if rmdir(layout.path(of: directory)) == 0 { return }
        try layout.sync(directory)
    }

    /// Has the next start leave these files alone, unless some of them could not be unlinked.
    private func finish(_ removal: Removal, _ session: Session, _ statement: String) throws(StorageError) {
        if removal.count > 0 {
            options.logger.notice("removed \(removal.count) unfinished blobs of the last run")
        }
        if let failure = removal.firstFailure {
            options.logger.warning(
                "\(removal.failures) unfinished blobs cannot be removed, to be tried at the next start: \(failure)")
            return
        }
        // Names that are gone must be gone for good before nobody looks for them any more.
        try syncDirectory(root)
        do throws(StorageError) {
            try session.execute(statement)
        } catch .diskFull {
            warn("the drive is full; the next start looks for unfinished blobs again", session)
        }
    }

    // MARK: Data keys

    /// A shared key's plaintext went with the process: nobody can begin to use it now.
    ///
    /// A page at a time, each found by an index: what it costs is what the last run has left.
    private func settleDataKeys(_ session: Session) throws(StorageError) {
        while try changes(
            session,
            """
            UPDATE data_keys SET shared = 0, retired = \(wallMilliseconds()) WHERE id IN (
                SELECT id FROM data_keys INDEXED BY data_keys_shared WHERE shared = 1 LIMIT \(Self.pageSize))
            """)
        {}
        while try changes(
            session,
            """
            DELETE FROM data_keys WHERE id IN (
                SELECT id FROM data_keys INDEXED BY data_keys_unused WHERE refs = 0 LIMIT \(Self.pageSize))
            """)
        {}
    }

    private func changes(_ session: Session, _ statement: String) throws(StorageError) -> Bool {
        let before = session.totalChanges
        try session.execute(statement)
        return session.totalChanges > before
    }

    private func warn(_ text: Logger.Message, _ session: Session) {
        if session.isInTransaction { try? session.execute("ROLLBACK") }
        options.logger.warning(text)
    }
}
