import ObjectStorage
import Testing

@Suite struct VersionTests {
    @Test(arguments: [0, 1, 4096, 32 * 1024])
    func `an inline body comes back as it was stored`(size: Int) async throws {
        let drive = try await Drive.make()
        let columns = try await drive.store.putInline(drive.bucket, "ключ/☃", pattern(size))
        let found = try #require(try drive.store.findAtHand(drive.bucket, key: "ключ/☃", .body))
        #expect(found.version.columns == columns)
        #expect(found.version.sealed == Array("ключ/☃".utf8))
        #expect(found.inline == pattern(size))
        #expect(found.lease == nil)
        #expect(try drive.store.version(drive.bucket, key: "ключ/☃") == found.version)
    }

    @Test(arguments: [0, 1, 4095, 4096, 4097, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 2 << 20, (3 << 20) + 12_345])
    func `a blob file comes back as it was stored`(size: Int) async throws {
        let drive = try await Drive.make()
        try await drive.store.putFile(drive.bucket, "k", pattern(size, seed: 3))
        #expect(try drive.store.body(drive.bucket, "k") == pattern(size, seed: 3))
        #expect(try await drive.store.verifyNoOrphans().isClean)
    }

    @Test func `a blob may be longer or shorter than expected`() async throws {
        let drive = try await Drive.make()
        let long = try await drive.store.writeBlob(pattern(300_000), expectedLength: 1000)
        #expect(long.length == 300_000)
        #expect(try drive.store.readBlob(long.id) == pattern(300_000))
        let short = try await drive.store.writeBlob(pattern(10), expectedLength: 5 << 20)
        #expect(try drive.store.readBlob(short.id) == pattern(10))
    }

    @Test func `an overwrite replaces body and record and unlinks the old file`() async throws {
        let drive = try await Drive.make()
        try await drive.store.putFile(drive.bucket, "k", pattern(100_000))
        try await drive.store.putInline(drive.bucket, "k", [1, 2])
        #expect(try drive.store.body(drive.bucket, "k") == [1, 2])
        try await drive.store.putFile(drive.bucket, "k", pattern(70_000))
        await drive.store.collectGarbage()
        #expect(try drive.store.body(drive.bucket, "k") == pattern(70_000))
        #expect(try await drive.store.verifyNoOrphans().isClean)
    }

    @Test func `a delete says whether there was something`() async throws {
        let drive = try await Drive.make()
        let columns = try await drive.store.putInline(drive.bucket, "k")
        #expect(try await drive.store.delete(drive.bucket, key: "k") == .removed(columns))
        #expect(try await drive.store.delete(drive.bucket, key: "k") == .absent)
        #expect(try drive.store.version(drive.bucket, key: "k") == nil)
        let a = try await drive.store.putInline(drive.bucket, "a")
        let c = try await drive.store.putInline(drive.bucket, "c")
        let outcomes = try await drive.store.delete(
            drive.bucket, ["a", "b", "c"].map { Deletion(key: $0, .version(.null)) })
        #expect(outcomes == [.removed(a), .absent, .removed(c)])
    }

    @Test func `an expectation that does not hold changes nothing and tells what is there`() async throws {
        let drive = try await Drive.make()
        let store = drive.store
        let first = try await store.putInline(drive.bucket, "k", [1], expecting: .absent)
        let stored = try #require(try store.version(drive.bucket, key: "k"))
        for expectation in [Expectation.absent, .current(VersionID())] {
            let refused = await #expect(throws: Refused.self) {
                try await store.putInline(drive.bucket, "k", [2], expecting: expectation)
            }
            #expect(refused?.outcome == .changed(current: stored))
            let deletion = try await store.delete(drive.bucket, key: "k", expecting: expectation)
            #expect(deletion == .changed(current: stored))
        }
        await #expect(throws: Refused.self) {
            try await store.putFile(drive.bucket, "k", pattern(5000), expecting: .absent)
        }
        await #expect(throws: Refused.self) {
            try await store.putInline(drive.bucket, "none", [2], expecting: .current(first.version))
        }
        #expect(try store.version(drive.bucket, key: "k")?.columns == first)
        let second = try await store.putInline(drive.bucket, "k", [3], expecting: .current(first.version))
        #expect(try store.body(drive.bucket, "k") == [3])
        // Of each key in a batch it is decided alone.
        let outcomes = try await store.delete(
            drive.bucket,
            [
                Deletion(key: "k", .version(.null), expecting: .current(first.version)),
                Deletion(key: "k", .version(.null), expecting: .current(second.version)),
                Deletion(key: "k", .version(.null), expecting: .absent),
            ])
        #expect(outcomes.dropFirst() == [.removed(second), .absent])
        guard case .changed(let current) = outcomes[0] else { return #expect(Bool(false), "\(outcomes)") }
        #expect(current?.columns == second)
        store.close()
        let again = try drive.reopen()
        #expect(try await again.keys(drive.bucket) == [])
        #expect(try await again.verifyNoOrphans().isClean)
    }

    @Test func `of many writes that expect no version exactly one succeeds`() async throws {
        let drive = try await Drive.make()
        let succeeded = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<64 {
                group.addTask {
                    do {
                        try await drive.store.putInline(drive.bucket, "k", [UInt8(index)], expecting: .absent)
                        return true
                    } catch { return false }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(succeeded == 1)
    }

    @Test func `an order that has lost is told so, and its blob can be put under a greater one`() async throws {
        let drive = try await Drive.make()
        let store = drive.store
        let blob = try await store.writeBlob(pattern(50_000))
        let early = store.columns(drive.bucket, "k", body: .file, size: 50_000, blob: blob.id)
        let later = try await store.putInline(drive.bucket, "k", [9])
        let new = NewVersion(columns: early, sealed: [1], body: .file(blob), dataKey: nil)
        #expect(try await store.put(new) == .staleOrder(newest: later.order))
        #expect(try store.body(drive.bucket, "k") == [9])
        var columns = early
        columns.order = store.nextOrder(after: later.order)
        columns.version = VersionID(order: columns.order)
        #expect(
            try await store.put(NewVersion(columns: columns, sealed: [1], body: .file(blob), dataKey: nil)) == .stored)
        #expect(try store.body(drive.bucket, "k") == pattern(50_000))
        let far = columns.order + 3_600_000_000
        #expect(store.nextOrder(after: far) > far)
    }

    @Test func `a version needs its bucket, its data key and its blob`() async throws {
        let drive = try await Drive.make()
        await #expect(throws: StorageError.noSuchBucket) {
            try await drive.store.putInline(BucketID(rawValue: 999), "k")
        }
        let columns = drive.store.columns(drive.bucket, "k", body: .inline, size: 1, dataKey: DataKeyID(rawValue: 99))
        await #expect(throws: StorageError.noSuchDataKey) {
            _ = try await drive.store.put(NewVersion(columns: columns, sealed: [], body: .inline([1]), dataKey: nil))
        }
        let blob = try await drive.store.writeBlob([1])
        drive.store.discard(blob)
        let other = drive.store.columns(drive.bucket, "k", body: .file, size: 1, blob: blob.id)
        await #expect(throws: StorageError.noSuchBlob) {
            _ = try await drive.store.put(NewVersion(columns: other, sealed: [], body: .file(blob), dataKey: nil))
        }
        #expect(try await drive.store.keys(drive.bucket) == [])
    }

    @Test func `orders increase, over a reopening too`() async throws {
        let drive = try await Drive.make()
        let far = drive.store.nextOrder() + 3_600_000_000
        var columns = drive.store.columns(drive.bucket, "k", body: .none, size: 0)
        columns.order = far
        _ = try await drive.store.put(NewVersion(columns: columns, sealed: [], body: .none, dataKey: nil))
        drive.store.close()
        #expect(try drive.reopen().nextOrder() > far)
    }

    @Test func `every column changes the associated data`() {
        let columns = VersionColumns(
            bucket: BucketID(rawValue: 1), key: "k", version: VersionID(), order: 2, size: 3, modified: 4, flags: [],
            dataKey: nil, body: .none, blob: nil)
        let changes: [(inout VersionColumns) -> Void] = [
            { $0.bucket = BucketID(rawValue: 2) }, { $0.key = "l" }, { $0.version = VersionID() }, { $0.order = 9 },
            { $0.size = 9 }, { $0.modified = 9 }, { $0.flags = .nullVersion },
            { $0.dataKey = DataKeyID(rawValue: 0) }, { $0.body = .inline }, { $0.blob = BlobID() },
        ]
        var encodings: Set<[UInt8]> = [columns.associatedData]
        for change in changes {
            var changed = columns
            change(&changed)
            encodings.insert(changed.associatedData)
        }
        #expect(encodings.count == changes.count + 1)
    }
}
