import ObjectStorage
import TestSupport
import Testing

/// Damage of what deletions and completions leave to be removed in the background.
@Suite struct RemainsTests {
    /// A copy of a drive on which an object of the parts 1 and 3 was just completed, of an upload that had a part 2, too;
    /// and another upload has three parts.
    private struct Completed {
        let path: String
        let bucket: BucketID
        let used: [BlobID]
        let unused: BlobID
        let other: UploadID
        let crash: Crash

        init() async throws {
            crash = try Crash()
            let store = try ObjectStore.open(
                "\(crash.directory.path)/drive", options: Drive.options { [crash] in $0.faultHook = crash.hook })
            bucket = try await store.makeBucket("bucket").id
            let upload = try await store.createUpload(bucket, "k")
            other = try await store.createUpload(bucket, "other")
            var parts: [PartRow] = []
            for number in 1...3 {
                parts.append(try await store.putPart(upload, number, pattern(2000)))
                try await store.putPart(other, number, pattern(2000))
            }
            (used, unused) = ([parts[0].blob, parts[2].blob], parts[1].blob)
            crash.arm(.committed)
            _ = try await store.complete(upload, bucket, "k", [parts[0], parts[2]])
            store.close()
            path = try #require(crash.copy)
        }

        func alter(_ sql: String) throws {
            try FormerCatalogue.make(at: "\(path)/coffer.db", upTo: FormerCatalogue.latest, running: sql)
        }
    }

    @Test(arguments: [
        // Part 1 in the place of part 2.
        """
        numbers = CAST(substr(numbers, 1, instr(numbers, x'00000002') - 1) || x'00000001'
            || substr(numbers, instr(numbers, x'00000002') + 4) AS BLOB)
        """,
        "upload = (SELECT max(id) FROM uploads)",
        "numbers = substr(numbers, 1, length(numbers) - 1)",
        "numbers = x''",
        // As a former release wrote it, and nobody can tell whether it is whole.
        "numbers = x'00000001'",
    ])
    func `a damaged list of unused parts discards none, and goes`(damage: String) async throws {
        let completed = try await Completed()
        try completed.alter("UPDATE unused_parts SET \(damage)")
        let log = LogRecord()
        let store = try ObjectStore.open(completed.path, options: Drive.options { $0.logger = log.logger })
        await store.collectGarbage()
        for blob in completed.used + [completed.unused] { #expect(try store.readBlob(blob) == pattern(2000)) }
        #expect(try await store.parts(of: completed.other).map(\.number) == [1, 2, 3])
        let owner = damage.hasPrefix("upload") ? "the object of upload 2" : "object \"k\""
        #expect(log.text.contains("damaged: the list of parts that \(owner) does not use"))
        _ = try await store.delete(completed.bucket, key: "k")
        await store.collectGarbage()
        for blob in completed.used + [completed.unused] {
            #expect(throws: StorageError.blobMissing(blob)) { try store.openBlob(blob) }
        }
        #expect(try await store.verifyNoOrphans().isClean)
    }

    @Test func `a bucket that is there loses no upload to a damaged note of another one's end`() async throws {
        let completed = try await Completed()
        try completed.alter("INSERT INTO dead_buckets VALUES (\(completed.bucket.rawValue))")
        let log = LogRecord()
        let store = try ObjectStore.open(completed.path, options: Drive.options { $0.logger = log.logger })
        await store.collectGarbage()
        #expect(try await store.parts(of: completed.other).map(\.number) == [1, 2, 3])
        #expect(log.text.contains("damaged: bucket bucket was noted as deleted"))
    }

    @Test(arguments: ["dead_buckets", "unused_parts", "dead_versions"])
    func `a table of remains that cannot be read keeps the others from nothing`(table: String) async throws {
        let completed = try await Completed()
        // An index is no table.
        try completed.alter(
            """
            INSERT INTO dead_buckets VALUES (77);
            INSERT INTO dead_versions (id) VALUES (77);
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'versions_by_key')
                WHERE name = '\(table)';
            """)
        let log = LogRecord()
        let store = try ObjectStore.open(completed.path, options: Drive.options { $0.logger = log.logger })
        await store.collectGarbage()
        #expect(log.text.contains("tidying stopped"))
        #expect(((try? store.openBlob(completed.unused)) != nil) == (table == "unused_parts"))
        store.close()
        for other in ["dead_buckets", "dead_versions"] where other != table {
            try completed.alter(
                """
                CREATE TEMP TABLE counts (count INTEGER CHECK (count = 0));
                INSERT INTO counts SELECT count(*) FROM \(other);
                """)
        }
    }

    @Test func `one deleted bucket whose uploads cannot be removed keeps no other's`() async throws {
        let drive = try await Drive.make()
        let (first, second) = (try await drive.store.makeBucket("first"), try await drive.store.makeBucket("second"))
        var parts: [PartRow] = []
        for bucket in [first, second] {
            let upload = try await drive.store.createUpload(bucket.id, "u")
            parts.append(try await drive.store.putPart(upload, 1, pattern(2000)))
        }
        drive.store.close()
        try drive.alter(
            """
            INSERT INTO dead_buckets SELECT id FROM buckets WHERE name IN ('first', 'second');
            DELETE FROM buckets WHERE name IN ('first', 'second');
            CREATE TRIGGER damaged BEFORE DELETE ON uploads WHEN old.bucket = \(first.id.rawValue)
                BEGIN SELECT RAISE (ABORT, 'as if a page were damaged'); END;
            """)
        let log = LogRecord()
        let store = try ObjectStore.open(drive.path, options: Drive.options { $0.logger = log.logger })
        for _ in 0..<3 { await store.collectGarbage() }
        #expect(try store.readBlob(parts[0].blob) == pattern(2000))
        #expect(throws: StorageError.blobMissing(parts[1].blob)) { try store.openBlob(parts[1].blob) }
        #expect(log.text.split(separator: "the uploads of deleted bucket \(first.id.rawValue)").count == 2)
    }

    @Test func `a file one of whose former owners cannot be read may still be read`() async throws {
        let drive = try await Drive.make()
        let blob = try #require(try await drive.store.putFile(drive.bucket, "k", pattern(5000)).blob)
        drive.store.close()
        try drive.alter(
            """
            INSERT INTO garbage (blob, owner) SELECT blob, NULL FROM versions;
            INSERT INTO garbage (blob, owner) SELECT blob, x'0102' FROM versions;
            DELETE FROM versions;
            """)
        let again = try drive.reopen()
        await again.collectGarbage()
        #expect(try again.readBlob(blob) == pattern(5000))
    }
}
