import Glibc
import ObjectStorage
import Synchronization
import TestSupport
import Testing

@Suite struct DurabilityTests {
    /// Gives an error for syncs of paths that contain some text.
    final class SyncFault: Sendable {
        private let text: Mutex<String?> = Mutex(nil)

        func arm(_ text: String?) {
            self.text.withLock { $0 = text }
        }

        var hook: @Sendable (String) -> Int32? {
            { [self] path in text.withLock { $0.map { path.contains($0) ? EIO : nil } ?? nil } }
        }
    }

    private static let poisoned = StorageError.database(
        "an earlier commit failed and may or may not be on disk; restart to find out")

    private func file(of blob: BlobID, in drive: Drive) -> String {
        BlobLayout(root: "\(drive.path)/blobs", firstEpoch: 1).path(of: blob)
    }

    @Test func `after a failed sync of a directory nothing more is written`() async throws {
        let fault = SyncFault()
        let drive = try await Drive.make { $0.syncFault = fault.hook }
        try await drive.store.putFile(drive.bucket, "old", pattern(5000))
        let blob = try await drive.store.writeBlob(pattern(5000))
        fault.arm("/blobs/")
        let columns = drive.store.columns(drive.bucket, "new", body: .file, size: 5000, blob: blob.id)
        let new = NewVersion(columns: columns, sealed: [1], body: .file(blob), dataKey: nil)
        await #expect(throws: StorageError.syncFailed(operation: "fsync", errno: EIO)) {
            _ = try await drive.store.put(new)
        }
        // The next sync would succeed, and prove nothing.
        fault.arm(nil)
        await #expect(throws: Self.poisoned) { try await drive.store.putInline(drive.bucket, "later") }
        #expect(throws: Self.poisoned) { try drive.store.checkWritable() }
        #expect(try drive.store.body(drive.bucket, "old") == pattern(5000))
        drive.store.close()
        let again = try drive.reopen()
        #expect(try await again.keys(drive.bucket) == ["old"])
        #expect(try await again.verifyNoOrphans().isClean)
    }

    @Test func `after a failed sync of the directory of directories nothing more is written`() async throws {
        let isArmed = Atomic(false)
        let drive = try await Drive.make { options in
            options.syncFault = { $0.hasSuffix("/blobs") && isArmed.load(ordering: .relaxed) ? EIO : nil }
        }
        try await drive.store.putInline(drive.bucket, "old", [1])
        isArmed.store(true, ordering: .relaxed)
        // The first file of a run makes its directory.
        #expect(throws: StorageError.syncFailed(operation: "fsync", errno: EIO)) {
            try drive.store.makeBlob(expectedLength: 10)
        }
        isArmed.store(false, ordering: .relaxed)
        await #expect(throws: Self.poisoned) { try await drive.store.putInline(drive.bucket, "later") }
        await #expect(throws: Self.poisoned) { try await drive.store.putFile(drive.bucket, "file", pattern(5000)) }
        #expect(try drive.store.body(drive.bucket, "old") == [1])
        drive.store.close()
        let again = try drive.reopen()
        #expect(try await again.keys(drive.bucket) == ["old"])
        #expect(try await again.verifyNoOrphans().isClean)
    }

    @Test func `a blob whose sync failed gets no row, even if it is finished again`() async throws {
        let fault = SyncFault()
        let drive = try await Drive.make { $0.syncFault = fault.hook }
        let writer = try drive.store.makeBlob(expectedLength: 100)
        try await writer.append(pattern(100))
        fault.arm("/blobs/")
        await #expect(throws: StorageError.syncFailed(operation: "sync a blob", errno: EIO)) {
            _ = try await writer.finish()
        }
        fault.arm(nil)
        await #expect(throws: StorageError.noSuchBlob) { _ = try await writer.finish() }
        await #expect(throws: Self.poisoned) { try await drive.store.putInline(drive.bucket, "later") }
        drive.store.close()
        #expect(try await drive.reopen().verifyNoOrphans().isClean)
    }

    @Test func `a blob for which there is no room after all is lost alone`() async throws {
        let isArmed = Atomic(false)
        let drive = try await Drive.make { options in
            options.syncFault = { $0.contains("/blobs/") && isArmed.load(ordering: .relaxed) ? ENOSPC : nil }
        }
        let writer = try drive.store.makeBlob(expectedLength: 100)
        try await writer.append(pattern(100))
        isArmed.store(true, ordering: .relaxed)
        await #expect(throws: StorageError.diskFull) { _ = try await writer.finish() }
        isArmed.store(false, ordering: .relaxed)
        try await drive.store.putInline(drive.bucket, "later", [1])
        #expect(try await drive.store.verifyNoOrphans().isClean)
    }

    @Test func `whoever runs the store is told once that a sync has failed`() async throws {
        let fault = SyncFault()
        let told = Atomic(0)
        let drive = try await Drive.make { options in
            options.syncFault = fault.hook
            options.onLoss = { told.add(1, ordering: .relaxed) }
        }
        let blobs = [try await drive.store.writeBlob(pattern(10)), try await drive.store.writeBlob(pattern(10))]
        fault.arm("/blobs/")
        for (number, blob) in blobs.enumerated() {
            let columns = drive.store.columns(drive.bucket, "k\(number)", body: .file, size: 10, blob: blob.id)
            let new = NewVersion(columns: columns, sealed: [1], body: .file(blob), dataKey: nil)
            await #expect(throws: StorageError.self) { _ = try await drive.store.put(new) }
        }
        #expect(told.load(ordering: .relaxed) == 1)
    }

    @Test func `a failed sync inside SQLite is told from a full device`() {
        #expect(isFailedSync(1034) && isFailedSync(1290))
        #expect(!isFailedSync(778) && !isFailedSync(13))
    }

    @Test func `a file that cannot be unlinked keeps no other from going`() async throws {
        let drive = try await Drive.make()
        var blobs: [BlobID] = []
        for key in ["a", "b", "c"] {
            let columns = try await drive.store.putFile(drive.bucket, key, pattern(9000))
            blobs.append(try #require(columns.blob))
        }
        // No user can unlink a directory.
        let stuck = file(of: blobs[0], in: drive)
        unlink(stuck)
        mkdir(stuck, 0o700)
        for key in ["a", "b", "c"] { _ = try await drive.store.delete(drive.bucket, key: key) }
        await drive.store.collectGarbage()
        for blob in blobs.dropFirst() {
            #expect(throws: StorageError.blobMissing(blob)) { try drive.store.openBlob(blob) }
        }
        // It stays known, and goes once it can.
        #expect(try await drive.store.verifyNoOrphans().isClean)
        drive.store.close()
        rmdir(stuck)
        let again = try drive.reopen()
        await again.collectGarbage()
        #expect(try await again.verifyNoOrphans().isClean)
    }

    @Test func `an orphan that cannot be unlinked does not keep the drive from opening`() async throws {
        let crash = try Crash()
        let store = try ObjectStore.open(
            "\(crash.directory.path)/drive", options: Drive.options { $0.faultHook = crash.hook })
        let bucket = try await store.makeBucket("bucket").id
        let orphan = try await store.writeBlob(pattern(10))
        crash.arm(.committed)
        try await store.putInline(bucket, "k", [7])
        let copy = try #require(crash.copy)
        let path = BlobLayout(root: "\(copy)/blobs", firstEpoch: 1).path(of: orphan.id)
        unlink(path)
        mkdir(path, 0o700)
        let first = try ObjectStore.open(copy, options: Drive.options())
        #expect(try first.body(bucket, "k") == [7])
        #expect(try await first.verifyNoOrphans().filesWithoutRow == [orphan.id])
        first.close()
        rmdir(path)
        _ = try copyTree("\(copy)/format", to: path)
        #expect(try await ObjectStore.open(copy, options: Drive.options()).verifyNoOrphans().isClean)
    }

    @Test func `a file that cannot be opened is not taken for a missing one`() async throws {
        let drive = try await Drive.make()
        let blob = try #require(try await drive.store.putFile(drive.bucket, "k", pattern(9000)).blob)
        let path = file(of: blob, in: drive)
        unlink(path)
        #expect(throws: StorageError.blobMissing(blob)) { try drive.store.openBlob(blob) }
        symlink(path, path)
        #expect(throws: StorageError.io(operation: "open a blob", errno: ELOOP)) { try drive.store.openBlob(blob) }
    }

    @Test func `what the kernel has of a path is opened without waiting`() async throws {
        let drive = try await Drive.make()
        let blob = try await drive.store.writeBlob(pattern(5000))
        // Where the kernel cannot tell there is no answer, never a wrong one.
        let reader = try drive.store.openBlobIfCached(blob.id)
        #expect(reader == nil || reader?.length == 5000)
        unlink(file(of: blob.id, in: drive))
        do {
            let late = try drive.store.openBlobIfCached(blob.id)
            #expect(late == nil)
        } catch {
            #expect(error == .blobMissing(blob.id))
        }
    }

    @Test func `what the page cache has is read without waiting`() async throws {
        let drive = try await Drive.make()
        let blob = try await drive.store.writeBlob(pattern(300_000))
        let reader = try drive.store.openBlob(blob.id)
        var bytes = [UInt8](repeating: 0, count: 400_000)
        try bytes.withUnsafeMutableBytes { buffer in
            let whole = try reader.read(at: 0, into: buffer)
            #expect(whole == 300_000)
            // Where the file system cannot tell there is no answer, never a wrong one.
            let cached = try reader.readIfCached(at: 100_000, into: buffer)
            #expect(cached == nil || cached == 200_000)
            #expect(cached == nil || Array(buffer.prefix(1000)) == Array(pattern(101_000).suffix(1000)))
            #expect(try reader.readIfCached(at: 300_000, into: buffer) == 0)
        }
    }

    @Test func `wrapped keys and records of what was deleted are in no file`() async throws {
        let drive = try await Drive.make()
        let store = drive.store
        for index in 0..<300 {
            let wrapped = Array("wrapped-secret-\(index)-\(UInt64.random(in: 0...UInt64.max))".utf8)
            let sealed = Array("sealed-secret-\(index)-".utf8) + pattern(200)
            let own = try store.dataKeyRow(wrapped: wrapped)
            let columns = store.columns(drive.bucket, "k\(index)", body: .inline, size: 9000, dataKey: own.id)
            let new = NewVersion(columns: columns, sealed: sealed, body: .inline(pattern(9000)), dataKey: own)
            #expect(try await store.put(new) == .stored)
        }
        func inFiles() throws -> Int {
            let lines = try shellOutput(
                "cat \(drive.path)/coffer.db* | grep -aoE '(wrapped|sealed)-secret-[0-9]+' | wc -l")
            return Int(lines.trimmingPrefix { $0.isWhitespace }.prefix { $0.isNumber }) ?? -1
        }
        #expect(try inFiles() > 0)
        // Some at a time and in between, so that pages are split and merged with others alive in them.
        for index in stride(from: 0, to: 300, by: 3) { _ = try await store.delete(drive.bucket, key: "k\(index)") }
        for index in stride(from: 1, to: 300, by: 3) { try await store.putInline(drive.bucket, "k\(index)", [1]) }
        for index in stride(from: 299, to: 0, by: -3) { _ = try await store.delete(drive.bucket, key: "k\(index)") }
        store.close()
        #expect(try inFiles() == 0)
    }

    @Test func `scans leave readers to lookups, however many there are`() async throws {
        let drive = try await Drive.make()
        try await drive.store.putInline(drive.bucket, "k", [1])
        let store = drive.store
        let release = ReleaseFlag()
        let scans = (0..<20).map { _ in
            Task { try await store.whileScanning { release.wait() } }
        }
        while release.waiting == 0 { await Task.yield() }
        for _ in 0..<100 { #expect(try store.body(drive.bucket, "k") == [1]) }
        #expect(release.waiting > 0)
        release.open()
        for scan in scans { try await scan.value }
    }
}

/// Holds threads until it is opened, and for ten seconds at most.
private final class ReleaseFlag: Sendable {
    private let isOpen = Atomic(false)
    private let count = Atomic(0)

    var waiting: Int { count.load(ordering: .relaxed) }

    func wait() {
        count.add(1, ordering: .relaxed)
        for _ in 0..<10_000 where !isOpen.load(ordering: .relaxed) { usleep(1000) }
        count.subtract(1, ordering: .relaxed)
    }

    func open() { isOpen.store(true, ordering: .relaxed) }
}
