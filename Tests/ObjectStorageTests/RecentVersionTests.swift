import ObjectStorage
import Synchronization
import Testing

/// Look-ups that are answered from memory say what the catalogue would.
@Suite struct RecentVersionTests {
    /// What all three kinds of look-up say of a key, asked twice, so that the second time it comes from memory.
    private func newest(_ drive: Drive, _ key: String, in bucket: BucketID? = nil) throws -> VersionID? {
        var answers: Set<VersionID?> = []
        for detail in [FindDetail.row, .rowAndDataKey, .body, .row, .rowAndDataKey, .body] {
            let found = try drive.store.findAtHand(bucket ?? drive.bucket, key: key, detail)
            found?.lease?.release()
            answers.insert(found?.version.columns.version)
        }
        #expect(answers.count == 1)
        return answers.first ?? nil
    }

    @Test func `each change of a key is seen at once`() async throws {
        let drive = try await Drive.make()
        let store = drive.store
        #expect(try newest(drive, "k") == nil)
        let first = try await store.putInline(drive.bucket, "k", [1])
        #expect(try newest(drive, "k") == first.version)
        #expect(try store.body(drive.bucket, "k") == [1])
        let second = try await store.putFile(drive.bucket, "k", pattern(100_000))
        #expect(try newest(drive, "k") == second.version)
        #expect(try store.body(drive.bucket, "k") == pattern(100_000))
        let stored = try #require(try store.version(drive.bucket, key: "k"))
        let swap = try await store.replaceRecord(
            of: stored.columns.version, drive.bucket, key: "k", sealed: [9], replacing: stored.sealed)
        #expect(swap == .swapped)
        for detail in [FindDetail.row, .body] {
            #expect(try store.findAtHand(drive.bucket, key: "k", detail)?.version.sealed == [9])
        }
        let upload = try await store.createUpload(drive.bucket, "k")
        let part = try await store.putPart(upload, 1, pattern(10))
        let third = try await store.complete(upload, drive.bucket, "k", [part])
        #expect(try newest(drive, "k") == third.version)
        try await store.setVersioning(of: drive.bucket, for: [])
        let fourth = try await store.putInline(drive.bucket, "k", [4], flags: [])
        #expect(try newest(drive, "k") == fourth.version)
        _ = try await store.delete(drive.bucket, [Deletion(key: "k", .version(.id(fourth.version)))])
        #expect(try newest(drive, "k") == third.version)
        _ = try await store.delete(drive.bucket, [Deletion(key: "k", .version(.null))])
        #expect(try newest(drive, "k") == nil)
    }

    @Test func `an annotation is seen at once`() async throws {
        let drive = try await Drive.make()
        let store = drive.store
        try await store.putInline(drive.bucket, "k")
        let owner = try #require(try store.version(drive.bucket, key: "k"))
        let key = owner.columns.version.annotationPrefix + "a"
        for body in [[1], [2], [3]] as [[UInt8]] {
            #expect(try await store.annotate(owner, "a", body) == .done)
            _ = try newest(drive, key, in: drive.bucket.ofAnnotations)
            #expect(try store.body(drive.bucket.ofAnnotations, key) == body)
        }
        #expect(try await store.deleteAnnotation(key, of: owner) == .done)
        #expect(try newest(drive, key, in: drive.bucket.ofAnnotations) == nil)
    }

    @Test func `a data key that was wrapped anew comes with the version`() async throws {
        let drive = try await Drive.make()
        let store = drive.store
        let row = try store.dataKeyRow()
        try await store.putInline(drive.bucket, "k", dataKey: row)
        _ = try newest(drive, "k")
        let rewrapped = DataKeyRow(
            id: row.id, kmsKey: "other", wrapped: [7], context: row.context, created: row.created,
            isShared: row.isShared)
        #expect(try await store.replaceDataKey(rewrapped, replacing: row.wrapped))
        for detail in [FindDetail.rowAndDataKey, .body] {
            #expect(try store.findAtHand(drive.bucket, key: "k", detail)?.dataKey?.wrapped == [7])
        }
    }

    @Test func `keys that look alike are two`() async throws {
        let drive = try await Drive.make()
        let composed = "caf\u{e9}", decomposed = "cafe\u{301}"
        let version = try await drive.store.putInline(drive.bucket, composed).version
        #expect(try newest(drive, composed) == version)
        #expect(try newest(drive, decomposed) == nil)
        let other = try await drive.store.putInline(drive.bucket, decomposed).version
        #expect(try newest(drive, composed) == version)
        #expect(try newest(drive, decomposed) == other)
    }

    @Test func `what a bucket had is not found in the next one of its name`() async throws {
        let drive = try await Drive.make()
        let bucket = try await drive.store.makeBucket("second").id
        try await drive.store.putInline(bucket, "k")
        _ = try newest(drive, "k", in: bucket)
        _ = try await drive.store.delete(bucket, [Deletion(key: "k", .version(.null))])
        try await drive.store.deleteBucket(bucket)
        #expect(try newest(drive, "k", in: bucket) == nil)
    }

    /// What has been answered or acknowledged so far.
    private final class Progress: Sendable {
        let newest = Mutex([Int64](repeating: 0, count: 2))
        let answers = Atomic(0)
        let isOver = Atomic(false)

        func note(_ order: Int64, of key: Int) {
            newest.withLock { $0[key] = max($0[key], order) }
        }
    }

    /// Four readers look two keys up while both are overwritten: no answer is older than one that was given, or
    /// acknowledged, before it was asked for.
    @Test func `no look-up goes back`() async throws {
        let drive = try await Drive.make()
        let (store, bucket, progress) = (drive.store, drive.bucket, Progress())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<4 {
                group.addTask {
                    while !progress.isOver.load(ordering: .relaxed) {
                        let key = Int.random(in: 0..<2)
                        let before = progress.newest.withLock { $0[key] }
                        let found = try store.findAtHand(bucket, key: "k\(key)", number % 2 == 0 ? .row : .body)
                        let order = found?.version.columns.order ?? 0
                        #expect(order >= before)
                        progress.note(order, of: key)
                        progress.answers.add(1, ordering: .relaxed)
                        await Task.yield()
                    }
                }
            }
            group.addTask {
                defer { progress.isOver.store(true, ordering: .relaxed) }
                for turn in 0..<1500 {
                    let columns = try await store.putInline(bucket, "k\(turn % 2)", [UInt8(turn % 251)])
                    progress.note(columns.order, of: turn % 2)
                }
            }
            try await group.waitForAll()
        }
        #expect(progress.answers.load(ordering: .relaxed) > 100)
    }
}
