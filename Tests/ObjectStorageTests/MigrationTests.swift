import Glibc
import ObjectStorage
import TestSupport
import Testing

@Suite struct MigrationTests {
    /// A drive as the first release made it: random identifiers of versions, and files in numbered directories.
    private func formerDrive() throws -> (directory: TemporaryDirectory, orphan: String) {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/drive"
        for name in [path, "\(path)/blobs", "\(path)/blobs/0000000003", "\(path)/blobs/0000000004"] {
            mkdir(name, 0o700)
        }
        try write("coffer drive 1\n", to: "\(path)/format")
        try write("file body", to: "\(path)/blobs/0000000003/00000000000000ab")
        try write("part body", to: "\(path)/blobs/0000000004/00000000000000cd")
        let orphan = "\(path)/blobs/0000000004/00000000000000ef"
        try write("orphan", to: orphan)
        try FormerCatalogue.make(
            at: "\(path)/coffer.db", upTo: "1: catalogue",
            running: """
                UPDATE drive SET value = 3 WHERE name = 'floor';
                UPDATE drive SET value = 1700000000000003 WHERE name = 'order';
                INSERT INTO buckets (id, name, created, sealed) VALUES (5, 'bucket', 1, x'01');
                INSERT INTO settings VALUES ('s', x'07');
                INSERT INTO data_keys (id, kms_key, wrapped, context, created, shared, refs)
                    VALUES (7300000000000000000, 'master', x'aa', x'', 4, 0, 1),
                        (7300000000000000001, 'master', x'bb', x'', 4, 1, 0);
                INSERT INTO versions (id, bucket, key, ord, version, size, modified, flags, data_key, body, blob, sealed)
                    VALUES (1, 5, CAST('inline' AS BLOB), 1700000000000001, x'00112233445566778899aabbccddeeff', 2, 9, 2,
                            7300000000000000000, 1, NULL, x'11'),
                        (2, 5, CAST('file' AS BLOB), 1700000000000002, x'f0112233445566778899aabbccddeeff', 9, 9, 2,
                            NULL, 2, x'000000000000000300000000000000ab', x'22'),
                        (3, 5, CAST('parts' AS BLOB), 1700000000000003, x'e0112233445566778899aabbccddeeff', 9, 9, 2,
                            NULL, 3, NULL, x'33');
                INSERT INTO inline_bodies VALUES (1, x'0102');
                INSERT INTO manifests VALUES (x'e0112233445566778899aabbccddeeff', x'44');
                INSERT INTO version_blobs VALUES (3, 1, x'000000000000000400000000000000cd');
                INSERT INTO garbage (blob, owner) VALUES (x'000000000000000300000000000000ff', NULL);
                """)
        return (directory, orphan)
    }

    private func format(_ path: String) throws -> String { try shellOutput("cat \(path)/format") }

    private func write(_ text: String, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        guard Array(text.utf8).withUnsafeBytes({ Glibc.write(descriptor, $0.baseAddress, $0.count) }) > 0 else {
            throw TestFailure(reason: "cannot write \(path)")
        }
    }

    @Test func `a drive of the first release opens, and reads, overwrites and deletes`() async throws {
        let (directory, orphan) = try formerDrive()
        let path = "\(directory.path)/drive"
        let bucket = BucketID(rawValue: 5)
        var store = try ObjectStore.open(path, options: Drive.options())
        #expect(access(orphan, F_OK) != 0)
        // From now on a former release refuses it.
        #expect(try format(path) == "coffer drive 8\n")
        for reopens in [false, true] {
            if reopens {
                store.close()
                store = try ObjectStore.open(path, options: Drive.options())
            }
            #expect(try await store.keys(bucket) == ["file", "inline", "parts"])
            #expect(try store.body(bucket, "inline") == [1, 2])
            #expect(try store.body(bucket, "file") == Array("file body".utf8))
            let parts = try #require(try store.findAtHand(bucket, key: "parts", version: .null, .body))
            #expect(parts.manifest == [0x44])
            #expect(
                try store.readBlob(try #require(BlobID(hex: "000000000000000400000000000000cd")))
                    == Array("part body".utf8))
            // The identifiers are random: they lead to the null version all the same.
            let version = try #require(VersionID(hex: "00112233445566778899aabbccddeeff"))
            let found = try store.findAtHand(bucket, key: "inline", version: .id(version), .rowAndDataKey)
            #expect(found?.dataKey?.wrapped == [0xaa])
            await store.collectGarbage()
            #expect(try await store.verifyNoOrphans().isClean)
        }
        #expect(try await store.dataKeys(after: nil, limit: 9).map(\.wrapped) == [[0xaa]])
        #expect(try store.nextDataKeyID().rawValue > 7_300_000_000_000_000_001)
        #expect(try store.nextBucketID().rawValue > 5)
        #expect(store.nextOrder() > 1_700_000_000_000_003)
        #expect(try store.settingAtHand("s") == [7])

        // A version joins an old one, which stays the null version.
        try await store.setVersioning(of: bucket, for: [])
        let joined = try await store.putInline(bucket, "file", [3], flags: [])
        #expect(try store.body(bucket, "file") == [3])
        let old = try #require(VersionID(hex: "f0112233445566778899aabbccddeeff"))
        let null = try #require(try store.findAtHand(bucket, key: "file", version: .id(old), .row))
        #expect(null.version.columns.flags == .nullVersion)
        #expect(try await store.delete(bucket, key: "file", version: .id(joined.version)) == .removed(joined))
        #expect(try store.body(bucket, "file") == Array("file body".utf8))

        try await store.setVersioning(of: bucket, for: .nullVersion)
        try await store.putFile(bucket, "inline", pattern(50_000))
        #expect(try store.body(bucket, "inline") == pattern(50_000))
        #expect(try await store.dataKeys(after: nil, limit: 9) == [])
        for key in ["file", "inline", "parts"] { _ = try await store.delete(bucket, key: key) }
        await store.collectGarbage()
        #expect(try await store.keys(bucket) == [])
        #expect(access("\(path)/blobs/0000000003/00000000000000ab", F_OK) != 0)
        #expect(access("\(path)/blobs/0000000004/00000000000000cd", F_OK) != 0)
        #expect(try await store.verifyNoOrphans().isClean)
    }

    @Test func `a drive of format 6 counts the bytes of its annotations, and has nothing excluded`() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/drive"
        for name in [path, "\(path)/blobs"] { mkdir(name, 0o700) }
        try write("coffer drive 6\n", to: "\(path)/format")
        let version = "00060aaaaaaaaaaa0000000000000001"
        try FormerCatalogue.make(
            at: "\(path)/coffer.db", upTo: "6: accounts",
            running: """
                INSERT INTO buckets (id, name, created, versioning, sealed)
                    VALUES (5, 'bucket', 1, \(BucketVersioning.enabled.rawValue), x'01'), (6, 'plain', 1, 0, x'01');
                INSERT INTO versions (bucket, key, ord, version, size, modified, flags, body, sealed)
                    VALUES (5, CAST('k' AS BLOB), 1, x'\(version)', 2, 9, 0, 1, x'11'),
                        (6, CAST('k' AS BLOB), 2, x'00000000000000000000000000000002', 3, 9, 2, 1, x'11'),
                        (-5, CAST('\(version)/aa' AS BLOB), 3, x'00000000000000000000000000000003', 70, 9, 0, 1, x'22'),
                        (-5, CAST('\(version)/bb' AS BLOB), 4, x'00000000000000000000000000000004', 700, 9, 0, 1, x'33');
                INSERT INTO bucket_usage VALUES (5, 2, 1, 1, 0), (6, 3, 1, 1, 0);
                UPDATE drive SET value = \(Int64.max) WHERE name = 'counted';
                """)
        let store = try ObjectStore.open(path, options: Drive.options())
        while try !store.isUsageCounted { await store.collectGarbage() }
        #expect(
            try store.usageAtHand(of: BucketID(rawValue: 5)) == BucketUsage(bytes: 772, objects: 1, versions: 1))
        #expect(try store.usageAtHand(of: BucketID(rawValue: 6)) == BucketUsage(bytes: 3, objects: 1, versions: 1))
        #expect(try store.buckets().map(\.exclusions) == [nil, nil])
        await #expect(throws: Refused.self) { try await store.putInline(BucketID(rawValue: 5), "x") }
        try await store.putInline(BucketID(rawValue: 5), "x", flags: [])
    }

    private static let second = "2: versions, runs and bounded sweeps"

    @Test(arguments: [false, true])
    func `a drive that cannot be raised is one that a former release opens`(crashed: Bool) async throws {
        let (directory, _) = try formerDrive()
        let path = "\(directory.path)/drive"
        // A table is in the way of the newest shape.
        try FormerCatalogue.make(
            at: "\(path)/coffer.db", upTo: Self.second, running: "CREATE TABLE version_uploads (x);")
        if crashed {
            // In the middle of the raising from 2: the number was raised, the catalogue was not.
            try write("coffer drive 2\n", to: "\(path)/format.former")
            try write("coffer drive 3\n", to: "\(path)/format")
        }
        for _ in 0..<2 {
            #expect(throws: StorageError.self) { try ObjectStore.open(path, options: Drive.options()) }
            // From the first format to the second one nothing was in the way.
            #expect(try format(path) == "coffer drive 2\n")
        }
        try FormerCatalogue.make(
            at: "\(path)/coffer.db", upTo: Self.second, running: "DROP TABLE version_uploads;")
        let store = try ObjectStore.open(path, options: Drive.options())
        #expect(try format(path) == "coffer drive 8\n")
        #expect(access("\(path)/format.former", F_OK) != 0)
        #expect(try store.body(BucketID(rawValue: 5), "inline") == [1, 2])
    }

    @Test func `a catalogue that may have been raised gets no former number`() async throws {
        let (directory, _) = try formerDrive()
        let path = "\(directory.path)/drive"
        try ObjectStore.open(path, options: Drive.options()).close()
        // As when the process has ended between the commit and the end of the raising.
        try write("coffer drive 7\n", to: "\(path)/format.former")
        #expect(rename("\(path)/coffer.db", "\(path)/away") == 0)
        try write("no database at all", to: "\(path)/coffer.db")
        #expect(throws: StorageError.self) { try ObjectStore.open(path, options: Drive.options()) }
        #expect(try format(path) == "coffer drive 8\n")
        #expect(rename("\(path)/away", "\(path)/coffer.db") == 0)
        let store = try ObjectStore.open(path, options: Drive.options())
        #expect(try store.body(BucketID(rawValue: 5), "inline") == [1, 2])
        #expect(access("\(path)/format.former", F_OK) != 0)
    }

    @Test(.enabled(if: FullDeviceTests.canMount, "mounting a small file system needs root"))
    func `on a full device the number comes back, wherever the room has ended`() async throws {
        guard let device = try SmallDevice(megabytes: 24) else { return }
        let path = "\(device.directory.path)/drive"
        for name in [path, "\(path)/blobs"] { mkdir(name, 0o700) }
        try write("coffer drive 2\n", to: "\(path)/format")
        try FormerCatalogue.make(
            at: "\(path)/coffer.db", upTo: Self.second,
            running: "INSERT INTO buckets (id, name, created, sealed) VALUES (5, 'bucket', 1, x'01');")
        var refusals = 0
        for pages in 0..<200 {
            device.fill()
            let filler = "\(device.directory.path)/filler"
            #expect(try shellOutput("truncate -s -\(pages * 4096) \(filler) && echo done") == "done\n")
            do {
                let store = try ObjectStore.open(path, options: Drive.options { $0.reservedSpace = 1 << 20 })
                store.close()
                break
            } catch StorageError.diskFull {
                refusals += 1
                guard try format(path) == "coffer drive 2\n" else { continue }
                device.removeFiller()
                try FormerCatalogue.make(at: "\(path)/coffer.db", upTo: Self.second, running: "SELECT 1;")
                #expect(try shellOutput("ls \(path)").contains("format.former") == false)
            }
        }
        #expect(refusals > 1)
        #expect(try format(path) == "coffer drive 8\n")
    }

    /// A drive of the first release whose object `parts` has 1500 files, of which the first one is there.
    private func formerDriveWithManyParts() throws -> TemporaryDirectory {
        let (directory, _) = try formerDrive()
        try FormerCatalogue.make(
            at: "\(directory.path)/drive/coffer.db", upTo: "1: catalogue",
            running: """
                WITH RECURSIVE numbers (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1500)
                INSERT INTO version_blobs
                    SELECT 3, n, CAST(CAST(x'000000000000000400000000' AS TEXT) || printf('%04d', n) AS BLOB) FROM numbers;
                """)
        return directory
    }

    private func hasFile(_ path: String) -> Bool {
        access("\(path)/blobs/0000000004/00000000000000cd", F_OK) == 0
    }

    @Test func `versions of a former release with many parts go in steps, and their numbers are not given again`()
        async throws
    {
        let directory = try formerDriveWithManyParts()
        let path = "\(directory.path)/drive"
        let rows = RowCounts()
        let bucket = BucketID(rawValue: 5)
        let store = try ObjectStore.open(path, options: Drive.options { $0.rowCountHook = rows.hook })
        rows.reset()
        try await store.putInline(bucket, "parts", [9])
        try await store.putInline(bucket, "next", [8])
        await store.collectGarbage()
        #expect(rows.greatest <= 1100)
        #expect(try store.body(bucket, "next") == [8])
        #expect(try store.body(bucket, "parts") == [9])
        #expect(!hasFile(path))
        #expect(try await store.verifyNoOrphans().isClean)
    }

    @Test func `a copy of a version of a former release shares its files, and takes no long commit`() async throws {
        let directory = try formerDriveWithManyParts()
        let path = "\(directory.path)/drive"
        let rows = RowCounts()
        let bucket = BucketID(rawValue: 5)
        let store = try ObjectStore.open(path, options: Drive.options { $0.rowCountHook = rows.hook })
        rows.reset()
        let source = try #require(try store.version(bucket, key: "parts")).columns
        for key in ["first", "second"] {
            let columns = store.columns(bucket, key, body: .parts, size: 9)
            let new = NewVersion(
                columns: columns, sealed: [1], body: .sharedParts(of: source, manifest: [6]), dataKey: nil)
            #expect(try await store.put(new) == .stored)
        }
        for key in ["first", "parts", "second"] {
            #expect(hasFile(path))
            _ = try await store.delete(bucket, key: key)
            await store.collectGarbage()
        }
        #expect(!hasFile(path))
        #expect(rows.greatest <= 1100)
        #expect(try await store.verifyNoOrphans().isClean)
    }

    @Test func `a version of a former release some of whose files were moved goes with all of them`() async throws {
        let directory = try formerDriveWithManyParts()
        let crash = try Crash()
        try copyTree("\(directory.path)/drive", to: "\(crash.directory.path)/drive")
        let bucket = BucketID(rawValue: 5)
        let store = try ObjectStore.open(
            "\(crash.directory.path)/drive", options: Drive.options { $0.faultHook = crash.hook })
        await store.collectGarbage()
        let source = try #require(try store.version(bucket, key: "parts")).columns
        crash.arm(.committed)
        let columns = store.columns(bucket, "copy", body: .parts, size: 9)
        let new = NewVersion(
            columns: columns, sealed: [1], body: .sharedParts(of: source, manifest: [6]), dataKey: nil)
        #expect(try await store.put(new) == .stored)
        store.close()
        let path = try #require(crash.copy)
        let again = try ObjectStore.open(path, options: Drive.options())
        #expect(try await again.put(new) == .stored)
        for key in ["copy", "parts"] {
            #expect(hasFile(path))
            _ = try await again.delete(bucket, key: key)
            await again.collectGarbage()
        }
        #expect(!hasFile(path))
        #expect(try await again.verifyNoOrphans().isClean)
    }
}
