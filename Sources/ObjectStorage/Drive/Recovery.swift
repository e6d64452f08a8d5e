import Glibc
import Logging

/// Settles what the last run left: orphans, and data keys that nobody can begin to use any more.
///
/// A drive whose numbers of runs contradict each other is not opened, and nothing of it is touched.
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
            let epochs = try session.epochs()
            // All are looked at before the first file is touched.
            for epoch in epochs { try require(BlobLayout.runs.contains(epoch.epoch), "a run's number in table epochs") }
            let epoch = try nextEpoch(session, layout, epochs)
            try settleFormerRelease(session, layout)
            for epoch in epochs { try settle(epoch, session, layout) }
            try syncDirectory(root)
            // With a device so full that not even this can be written, the drive still opens, to be read and to have
            // things deleted.
            do throws(StorageError) {
                try settleDataKeys(session)
                try settleUploadNumbers(session)
            } catch .diskFull {
                warn("the drive is full; what the last run left is settled at the next start", session)
            }
            return Outcome(
                layout: layout, epoch: epoch,
                greatestOrder: try value("order", session), greatestDataKey: try value("data_key", session),
                greatestBucket: try session.greatestBucket())
        }
    }

    /// The first run that counts its blobs has a number above all directories of former releases.
    ///
    /// It is decided once: with another one, files would be looked for in other directories, and none found.
    private func layout(_ session: Session) throws(StorageError) -> BlobLayout {
        let known = try value("first_epoch", session)
        let lastRun = try value("epoch", session)
        guard known == 0, lastRun == 0, try session.epochs().isEmpty else {
            try require(
                BlobLayout.runs.contains(UInt64(clamping: known)) && (lastRun == 0 || known <= lastRun),
                "the first run's number")
            return BlobLayout(root: root, firstEpoch: UInt64(known))
        }
        let former = BlobLayout(root: root, firstEpoch: .max)
        let last = try former.existingDirectories().last?.epoch ?? 0
        // Rows count too: the directories may not be there at this moment.
        let named = try session.greatestBlob()?.epoch ?? 0
        let first = max(UInt64(clamping: try value("floor", session)), max(last, min(named, .max - 1)) + 1)
        try require(BlobLayout.runs.contains(first), "a blob's name, or the number of a directory of blobs")
        try session.execute("UPDATE drive SET value = \(first) WHERE name = 'first_epoch'")
        return BlobLayout(root: root, firstEpoch: first)
    }

    /// Above every run that the catalogue knows, and every one that has left a directory: a catalogue that was put back
    /// from a copy must not give numbers again.
    private func nextEpoch(
        _ session: Session, _ layout: BlobLayout, _ epochs: [UnsettledEpoch]
    ) throws(StorageError) -> UInt64 {
        let known = try value("epoch", session)
        try require(known == 0 || BlobLayout.runs.contains(UInt64(clamping: known)), "the last run's number")
        let unsettled = epochs.map(\.epoch).max() ?? 0
        let seen = try layout.existingDirectories().map(\.epoch).max() ?? 0
        let next = max(UInt64(known), unsettled, seen) + 1
        try require(BlobLayout.runs.contains(next), "the number of a directory of blobs")
        return max(next, layout.firstEpoch)
    }

    private func value(_ name: String, _ session: Session) throws(StorageError) -> Int64 {
        let value = try session.driveValue(name)
        try require(value != nil, "the row “\(name)” of table drive")
        return value ?? 0
    }

    /// Refuses a drive whose numbers of runs are damaged: by them files are told from orphans.
    private func require(_ isWhole: Bool, _ what: String) throws(StorageError) {
        guard !isWhole else { return }
        throw .unusable(
            "the catalogue of the drive \(parentDirectory(of: root)) is damaged (\(what)); no file was touched: "
                + "restore coffer.db from a copy, or ask for help")
    }

    // MARK: Files

    /// Former releases gave random names: from their floor on, directories are listed.
    private func settleFormerRelease(_ session: Session, _ layout: BlobLayout) throws(StorageError) {
        let floor = UInt64(clamping: try value("floor", session))
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
            UPDATE data_keys SET shared = 0, retired = \(options.clock.wallMilliseconds) WHERE id IN (
                SELECT id FROM data_keys INDEXED BY data_keys_shared WHERE shared = 1 LIMIT \(Self.pageSize))
            """)
        {}
        // Those that nothing refers to go in the background, once the rows say so too: see `UnusedDataKeys`.
    }

    /// Parts stay under the number of their upload for as long as a version has them: new uploads begin behind all of
    /// these, whatever a damaged sequence says.
    private func settleUploadNumbers(_ session: Session) throws(StorageError) {
        let taken = """
            max((SELECT coalesce(max(upload), 0) FROM parts), (SELECT coalesce(max(upload), 0) FROM version_uploads))
            """
        try session.execute(
            """
            UPDATE sqlite_sequence SET seq = \(taken) WHERE name = 'uploads' AND seq < \(taken);
            INSERT INTO sqlite_sequence (name, seq) SELECT 'uploads', \(taken)
            WHERE \(taken) > 0 AND NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'uploads');
            """)
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
