import Glibc
import ObjectStorage
import Synchronization
import TestSupport
import Testing

extension Drive {
    /// Changes the catalogue of a closed drive.
    func alter(_ sql: String) throws {
        try FormerCatalogue.make(at: "\(path)/coffer.db", upTo: FormerCatalogue.latest, running: sql)
    }

    /// Flips one bit of a closed drive's catalogue: of the byte `offset` behind the first place that has these bytes, in
    /// every page of this type.
    func flip(_ bytes: [UInt8], inPagesOfType type: UInt8, offset: Int, bit: UInt8 = 1) throws {
        let descriptor = open("\(path)/coffer.db", O_RDWR)
        defer { close(descriptor) }
        var page = [UInt8](repeating: 0, count: 8192)
        var number = 0
        var flips = 0
        while page.withUnsafeMutableBytes({ pread(descriptor, $0.baseAddress, 8192, off_t(number * 8192)) }) == 8192 {
            if page[0] == type {
                // The first one: behind a key in a row comes its record, which has the same bytes in these tests.
                let place = (0..<(8192 - bytes.count)).first { page[$0..<($0 + bytes.count)].elementsEqual(bytes) }
                if let place {
                    page[place + offset] ^= bit
                    flips += 1
                }
                _ = page.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, 8192, off_t(number * 8192)) }
            }
            number += 1
        }
        guard flips > 0 else { throw TestFailure(reason: "the catalogue has no such bytes") }
    }

    static let tableLeaf: UInt8 = 0x0d

    var reopeningError: StorageError? {
        do {
            try reopen().close()
            return nil
        } catch { return error as? StorageError }
    }
}

private func blobID(_ high: UInt64, _ low: UInt64) throws -> BlobID {
    try #require(BlobID(bytes: withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { [UInt8]($0) }))
}

@Suite struct DamageTests {
    // MARK: Numbers of runs

    @Test func `no two blobs have one path, whatever their numbers are`() throws {
        let layout = BlobLayout(root: "blobs", firstEpoch: 3)
        var paths: Set<String> = []
        let numbers = [2, 3, 2 | 1 << 40, 3 | 1 << 41, 3 | 1 << 63] as [UInt64]
        for high in numbers {
            for low in [5, 5 | 1 << 52, 5 | 1 << 63] as [UInt64] {
                #expect(paths.insert(layout.path(of: try blobID(high, low))).inserted)
            }
        }
        #expect(layout.path(of: try blobID(3, 5)) == "blobs/0000000003-0000000000/0000000000000005")
    }

    @Test(arguments: [
        "UPDATE drive SET value = value | (1 << 41) WHERE name = 'first_epoch'",
        "UPDATE drive SET value = value | (1 << 20) WHERE name = 'first_epoch'",
        "UPDATE drive SET value = 0 WHERE name = 'first_epoch'",
        "UPDATE drive SET value = value | (1 << 63) WHERE name = 'first_epoch'",
        "UPDATE drive SET value = value | (1 << 41) WHERE name = 'epoch'",
        "UPDATE epochs SET epoch = epoch | (1 << 41)",
        "UPDATE epochs SET epoch = epoch | (1 << 63)",
        "DELETE FROM drive WHERE name = 'first_epoch'",
        "DELETE FROM drive WHERE name = 'epoch'",
        "DELETE FROM drive WHERE name = 'floor'",
        "DELETE FROM drive WHERE name = 'order'",
        "DELETE FROM drive WHERE name = 'data_key'",
    ])
    func `a drive with damaged numbers of runs is refused, and no file of it is touched`(damage: String) async throws {
        let drive = try await Drive.make()
        for index in 0..<5 { try await drive.store.putFile(drive.bucket, "k\(index)", pattern(40_000)) }
        drive.store.close()
        // As after an unclean end.
        try drive.alter("INSERT INTO epochs VALUES (1, 4096, 0)")
        let copy = "\(drive.directory.path)/copy.db"
        try copyTree("\(drive.path)/coffer.db", to: copy)
        try drive.alter(damage)
        let error = try #require(drive.reopeningError)
        guard case .unusable(let reason) = error else {
            Issue.record("unexpected \(error)")
            return
        }
        #expect(reason.contains("damaged") && !reason.contains("\n"))
        unlink("\(drive.path)/coffer.db")
        try copyTree(copy, to: "\(drive.path)/coffer.db")
        let again = try drive.reopen()
        for index in 0..<5 { #expect(try again.body(drive.bucket, "k\(index)") == pattern(40_000)) }
    }

    @Test func `a drive that ends before its first file is opened again`() async throws {
        let drive = try await Drive.make()
        drive.store.close()
        try drive.alter(
            "DELETE FROM epochs; UPDATE drive SET value = 0 WHERE name IN ('first_epoch', 'epoch')")
        let again = try drive.reopen()
        try await again.putFile(drive.bucket, "k", pattern(40_000))
        #expect(try await again.verifyNoOrphans().isClean)
    }

    // MARK: Counts

    @Test(arguments: ["own", "shared", "upload"])
    func `a data key that is counted as unused stays as long as rows name it`(use: String) async throws {
        let drive = try await Drive.make()
        let key = try drive.store.dataKeyRow(shared: use == "shared")
        let unused = try drive.store.dataKeyRow(wrapped: [7], shared: true)
        try await drive.store.insertDataKey(unused)
        if use == "upload" {
            _ = try await drive.store.createUpload(drive.bucket, "u", dataKey: key)
            _ = try await drive.store.createUpload(drive.bucket, "v", dataKey: key)
        } else {
            try await drive.store.putInline(drive.bucket, "a", dataKey: key)
            try await drive.store.putInline(drive.bucket, "b", dataKey: key)
        }
        drive.store.close()
        try drive.alter("UPDATE data_keys SET refs = 0 WHERE id = \(key.id.rawValue)")
        let again = try drive.reopen()
        await again.collectGarbage()
        #expect(try again.dataKeyAtHand(key.id)?.wrapped == key.wrapped)
        #expect(try again.dataKeyAtHand(unused.id) == nil)
        // The count is right again.
        #expect(try await again.verifyNoOrphans().isClean)
    }

    // MARK: Commits

    @Test func `which failures of a commit leave nothing`() {
        for code in [11, 267, 779, 5, 26, 19] as [Int32] { #expect(StorageError.leavesNothing(code)) }
        for code in [10, 1034, 1290, 778, 7] as [Int32] { #expect(!StorageError.leavesNothing(code)) }
    }

    @Test func `after a failed sync the log stays when the drive is closed`() async throws {
        let isArmed = Atomic(false)
        let drive = try await Drive.make { options in
            options.syncFault = { $0.contains("/blobs/") && isArmed.load(ordering: .relaxed) ? EIO : nil }
        }
        try await drive.store.putInline(drive.bucket, "k")
        let blob = try await drive.store.writeBlob(pattern(5000))
        isArmed.store(true, ordering: .relaxed)
        let columns = drive.store.columns(drive.bucket, "new", body: .file, size: 5000, blob: blob.id)
        await #expect(throws: StorageError.syncFailed(operation: "fsync", errno: EIO)) {
            _ = try await drive.store.put(
                NewVersion(columns: columns, sealed: [1], body: .file(blob), dataKey: nil))
        }
        drive.store.close()
        var status = stat()
        #expect(stat("\(drive.path)/coffer.db-wal", &status) == 0 && status.st_size > 0)
        #expect(try await drive.reopen().keys(drive.bucket) == ["k"])
    }

    // MARK: A table and its index

    @Test(arguments: ["the key", "the order"])
    func `an object whose row and index differ can be written over and deleted`(what: String) async throws {
        let drive = try await Drive.make()
        for key in ["hurt-one", "hurt-two", "whole"] {
            try await drive.store.putFile(drive.bucket, key, pattern(40_000))
        }
        drive.store.close()
        for key in ["hurt-one", "hurt-two"] {
            // Behind the key comes the order.
            try drive.flip(Array(key.utf8), inPagesOfType: Drive.tableLeaf, offset: what == "the key" ? 2 : 8 + 7)
        }
        let again = try drive.reopen()
        try await again.putInline(drive.bucket, "hurt-one", [5])
        #expect(try again.body(drive.bucket, "hurt-one") == [5])
        let outcomes = try await again.delete(
            drive.bucket, ["hurt-one", "hurt-two", "whole"].map { Deletion(key: $0, .version(.current)) })
        for outcome in outcomes { if case .removed = outcome {} else { Issue.record("unexpected \(outcome)") } }
        #expect(try await again.keys(drive.bucket) == [])
        await again.collectGarbage()
        #expect(try await again.verifyNoOrphans().isClean)
        again.close()
        // Fails where SQLite finds a fault.
        try drive.alter(
            """
            CREATE TEMP TABLE reports (report TEXT CHECK (report = 'ok'));
            INSERT INTO reports SELECT integrity_check FROM pragma_integrity_check;
            """)
    }

    @Test func `one deletion that meets damage fails alone`() async throws {
        let drive = try await Drive.make()
        for index in 0..<100 { try await drive.store.putInline(drive.bucket, "k\(index)", pattern(2000)) }
        try await drive.store.putInline(drive.bucket, "damaged", pattern(2000))
        for index in 100..<200 { try await drive.store.putInline(drive.bucket, "k\(index)", pattern(2000)) }
        drive.store.close()
        // The header of the row, its length first: no row number, bucket 1, a key of seven bytes, an order, an identifier.
        try drive.flip([14, 0, 9, 26, 6, 44], inPagesOfType: Drive.tableLeaf, offset: 0, bit: 0x40)
        let again = try drive.reopen()
        let keys = ["k0", "damaged", "k199"]
        let outcomes = try await again.delete(drive.bucket, keys.map { Deletion(key: $0, .version(.current)) })
        for (key, outcome) in zip(keys, outcomes) {
            switch outcome {
            case .removed: #expect(key != "damaged")
            case .failed(let error): #expect(key == "damaged" && error.isCorrupt)
            case .absent, .marked, .changed, .staleOrder, .versioningChanged: Issue.record("unexpected \(outcome)")
            }
        }
        try await again.putInline(drive.bucket, "new", [1])
        // Where one row cannot be read, the listing shows it by its key alone.
        let listed = try await again.keys(drive.bucket)
        #expect(listed.count == 200 && listed.contains("damaged") && listed.contains("new"))
        #expect(listed == listed.sorted())
        let versions = try await again.listVersions(VersionListRequest(bucket: drive.bucket))
        let names = versions.entries.compactMap { entry -> String? in
            if case .version(let version, isLatest: true) = entry { version.columns.key } else { nil }
        }
        #expect(names == listed)
    }

    // MARK: Flags, orders, parts, names

    @Test func `a damaged delete-marker flag hides no object`() async throws {
        let drive = try await Drive.make()
        try await drive.store.putInline(drive.bucket, "a")
        try await drive.store.putInline(drive.bucket, "d/b")
        drive.store.close()
        try drive.alter("UPDATE versions SET flags = flags | 1")
        let again = try drive.reopen()
        #expect(try await again.keys(drive.bucket) == [])
        #expect(try await again.keys(drive.bucket) { $0.isMarker = { _ in false } } == ["a", "d/b"])
        let folded = try await again.keys(drive.bucket) { request in
            request.isMarker = { _ in false }
            request.delimiter = "/"
        }
        #expect(folded == ["a", "d/"])
    }

    @Test func `an order that no clock gives keeps no object from being written over`() async throws {
        let drive = try await Drive.make()
        try await drive.store.putInline(drive.bucket, "k", [1])
        drive.store.close()
        try drive.alter("UPDATE versions SET ord = ord | (1 << 62)")
        let again = try drive.reopen()
        try await again.putInline(drive.bucket, "k", [2])
        #expect(try again.body(drive.bucket, "k") == [2])
        try await again.putInline(drive.bucket, "k", [3])
        #expect(try again.body(drive.bucket, "k") == [3])
    }

    @Test func `the clock does not begin at a damaged order`() async throws {
        let drive = try await Drive.make()
        try await drive.store.putInline(drive.bucket, "k", [1])
        drive.store.close()
        try drive.alter("UPDATE drive SET value = value | (1 << 62) WHERE name = 'order'")
        #expect(try drive.reopen().nextOrder() < Int64.max / 2)
    }

    @Test func `a part with a damaged name is listed, written anew and aborted`() async throws {
        let drive = try await Drive.make()
        let upload = try await drive.store.createUpload(drive.bucket, "u")
        for number in 1...3 { try await drive.store.putPart(upload, number, [1]) }
        drive.store.close()
        try drive.alter("UPDATE parts SET blob = substr(blob, 1, 15) WHERE number = 2")
        let again = try drive.reopen()
        #expect(try await again.parts(of: upload).map(\.number) == [1, 2, 3])
        #expect(try await again.partList(of: upload).rows.count == 3)
        let part = try await again.putPart(upload, 2, [2])
        #expect(try await again.parts(of: upload)[1] == part)
        #expect(try await again.abortUpload(upload))
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["x'f0'", "x'ff6d'", "x'6dff'", "x''", "x'c3'"])
    func `the walk through the names of keys ends, whatever they are`(name: String) async throws {
        let drive = try await Drive.make()
        try await drive.store.putInline(drive.bucket, "a", dataKey: try drive.store.dataKeyRow())
        try await drive.store.putInline(drive.bucket, "b", dataKey: try drive.store.dataKeyRow(wrapped: [9]))
        drive.store.close()
        try drive.alter(
            "UPDATE data_keys SET kms_key = CAST(\(name) AS TEXT) WHERE id = (SELECT max(id) FROM data_keys)")
        let again = try drive.reopen()
        let names = try await again.kmsKeyNames()
        #expect(names.contains("master") && names.count == (name == "x''" ? 1 : 2))
    }

    @Test(arguments: ["UPDATE sqlite_sequence SET seq = 0", "DELETE FROM sqlite_sequence"])
    func `a new upload never gets the number of one whose parts a version has`(damage: String) async throws {
        let drive = try await Drive.make()
        let upload = try await drive.store.createUpload(drive.bucket, "u")
        let part = try await drive.store.putPart(upload, 1, pattern(5000))
        _ = try await drive.store.complete(upload, drive.bucket, "u", [part])
        drive.store.close()
        try drive.alter(damage)
        let again = try drive.reopen()
        let next = try await again.createUpload(drive.bucket, "v")
        _ = try await again.putPart(next, 1, pattern(100))
        await again.collectGarbage()
        #expect(try again.readBlob(part.blob) == pattern(5000))
        #expect(try await again.verifyNoOrphans().isClean)
    }

    @Test func `the key of an upload with a damaged count goes with its version, not before`() async throws {
        let drive = try await Drive.make()
        let key = try drive.store.dataKeyRow()
        let upload = try await drive.store.createUpload(drive.bucket, "u", dataKey: key)
        let part = try await drive.store.putPart(upload, 1, [1])
        drive.store.close()
        try drive.alter("UPDATE data_keys SET refs = 0")
        let again = try drive.reopen()
        _ = try await again.complete(upload, drive.bucket, "u", [part], dataKey: key.id)
        #expect(try again.dataKeyAtHand(key.id)?.wrapped == key.wrapped)
    }

    @Test func `a damaged body kind leaves nothing that another completion could meet`() async throws {
        let drive = try await Drive.make()
        func complete(_ store: ObjectStore) async throws -> BlobID {
            let upload = try await store.createUpload(drive.bucket, "u")
            let part = try await store.putPart(upload, 1, [1])
            _ = try await store.complete(upload, drive.bucket, "u", [part])
            return part.blob
        }
        let former = try await complete(drive.store)
        drive.store.close()
        try drive.alter("UPDATE versions SET body = 1")
        let again = try drive.reopen()
        let part = try await complete(again)
        await again.collectGarbage()
        #expect(try again.readBlob(part) == [1])
        #expect(throws: StorageError.blobMissing(former)) { try again.openBlob(former) }
        #expect(try await again.verifyNoOrphans().isClean)
    }

    @Test func `a damaged bucket is not deleted while versions are without a bucket`() async throws {
        let drive = try await Drive.make()
        try await drive.store.putInline(drive.bucket, "k")
        drive.store.close()
        try drive.alter("UPDATE buckets SET id = id | 64")
        let again = try drive.reopen()
        let bucket = try #require(try again.buckets().first)
        #expect(try await again.hasVersionsWithoutBucket())
        await #expect(throws: StorageError.bucketNotEmpty) {
            try await again.deleteBucket(bucket.id, isDamaged: true)
        }
        again.close()
        try drive.alter("DELETE FROM versions")
        let empty = try drive.reopen()
        try await empty.deleteBucket(bucket.id, isDamaged: true)
    }

    // MARK: Syncs

    @Test func `a directory whose sync could not be made is synced at the next occasion`() async throws {
        // Each file is a step of its own, which every commit looks at.
        let drive = try await Drive.make { $0.blobNumberStep = 1 }
        let store = drive.store
        // Whether a sync is still owed when the directory goes away is a race with the store: it is run until it is won.
        var isRefused = false
        for _ in 1...200 where !isRefused {
            let blob = try await store.writeBlob(pattern(5000))
            let file = BlobLayout(root: "\(drive.path)/blobs", firstEpoch: 1).path(of: blob.id)
            let directory = String(file[..<(try #require(file.lastIndex(of: "/")))])
            store.discard(blob)
            while access(file, F_OK) == 0 { try await Task.sleep(for: .milliseconds(1)) }
            // It cannot be opened, as without a file descriptor to spare.
            #expect(rename(directory, "\(directory).away") == 0)
            symlink(directory, directory)
            let refusal = StorageError.io(operation: "open \(directory)", errno: ELOOP)
            do {
                try await store.putInline(drive.bucket, "k")
            } catch {
                #expect(error as? StorageError == refusal)
                isRefused = true
                await #expect(throws: refusal) { try await store.putInline(drive.bucket, "k") }
            }
            unlink(directory)
            #expect(rename("\(directory).away", directory) == 0)
            try await store.putInline(drive.bucket, "k")
        }
        #expect(isRefused)
    }
}
