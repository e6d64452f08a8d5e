import ObjectStorage
import TestSupport
import Testing

@Suite struct DataKeyTests {
    @Test func `a data key goes with its last reference`() async throws {
        let drive = try await Drive.make()
        let own = try drive.store.dataKeyRow()
        try await drive.store.putInline(drive.bucket, "a", dataKey: own)
        try await drive.store.putInline(drive.bucket, "b", dataKey: own)
        #expect(try drive.store.dataKeyAtHand(own.id)?.wrapped == own.wrapped)
        _ = try await drive.store.delete(drive.bucket, key: "a")
        #expect(try drive.store.dataKeyAtHand(own.id)?.epoch == drive.store.epoch)
        try await drive.store.putInline(drive.bucket, "b")
        #expect(try drive.store.dataKeyAtHand(own.id) == nil)

        let upload = try await drive.store.createUpload(drive.bucket, "u", dataKey: own)
        let part = try await drive.store.putPart(upload, 1, [1])
        _ = try await drive.store.complete(upload, drive.bucket, "u", [part], dataKey: own.id)
        #expect(try drive.store.dataKeyAtHand(own.id) != nil)
        #expect(try await drive.store.verifyNoOrphans().isClean)
        _ = try await drive.store.delete(drive.bucket, key: "u")
        #expect(try await drive.store.dataKeys(after: nil, limit: 10) == [])
    }

    @Test func `a data key is not taken for another one of its number`() async throws {
        let drive = try await Drive.make()
        let store = drive.store
        for shared in [false, true] {
            let first = try store.dataKeyRow(shared: shared)
            try await store.putInline(drive.bucket, "a\(shared)", dataKey: first)
            // All is the same but the wrapped bytes.
            let other = DataKeyRow(
                id: first.id, kmsKey: first.kmsKey, wrapped: [9], context: first.context, created: first.created,
                isShared: shared)
            await #expect(throws: StorageError.noSuchDataKey) {
                try await store.putInline(drive.bucket, "b", dataKey: other)
            }
            await #expect(throws: StorageError.noSuchDataKey) { try await store.insertDataKey(other) }
            #expect(try store.dataKeyAtHand(first.id)?.wrapped == first.wrapped)
        }
        #expect(try store.version(drive.bucket, key: "b") == nil)
        #expect(try await store.verifyNoOrphans().isClean)
    }

    @Test func `two keys of one number in one batch do not pass for each other`() async throws {
        let drive = try await Drive.make()
        let first = try drive.store.dataKeyRow(wrapped: [1], shared: true)
        let other = DataKeyRow(
            id: first.id, kmsKey: first.kmsKey, wrapped: [2], context: first.context, created: first.created,
            isShared: true)
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<100 {
                group.addTask {
                    let key = index.isMultiple(of: 2) ? first : other
                    _ = try? await drive.store.putInline(drive.bucket, "k\(key.wrapped)-\(index)", dataKey: key)
                }
            }
        }
        let stored = try #require(try drive.store.dataKeyAtHand(first.id)).wrapped
        let keys = try await drive.store.keys(drive.bucket)
        #expect(keys.count == 50)
        #expect(keys.allSatisfy { $0.hasPrefix("k\(stored)-") })
    }

    @Test(arguments: [false, true])
    func `a key that was wrapped anew is known again by every wrapping of it that a caller may hold`(
        shared: Bool
    ) async throws {
        let drive = try await Drive.make()
        let store = drive.store
        let first = try store.dataKeyRow(wrapped: [1, 1, 1], shared: shared)
        try await store.putInline(drive.bucket, "a", dataKey: first)
        let second = DataKeyRow(
            id: first.id, kmsKey: "other", wrapped: [2, 2], context: [8], created: first.created, isShared: shared)
        #expect(try await store.replaceDataKey(second, replacing: [0]) == false)
        #expect(try await store.replaceDataKey(second, replacing: first.wrapped))
        let read = try #require(try store.dataKeyAtHand(first.id))
        #expect(read.wrapped == second.wrapped && read.kmsKey == "other" && read.context == [8])
        let third = DataKeyRow(
            id: first.id, kmsKey: "third", wrapped: [3], context: [8], created: first.created, isShared: shared)
        #expect(try await store.replaceDataKey(third, replacing: second.wrapped))
        try await store.putInline(drive.bucket, "b", dataKey: first)
        try await store.putInline(drive.bucket, "c", dataKey: read)
        #expect(try store.findAtHand(drive.bucket, key: "b", .rowAndDataKey)?.dataKey?.wrapped == [3])
        #expect(try await store.verifyNoOrphans().isClean)
    }

    @Test func `a data key that comes and goes in one batch leaves nothing`() async throws {
        let drive = try await Drive.make()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    guard let own = try? drive.store.dataKeyRow() else { return }
                    _ = try? await drive.store.putInline(drive.bucket, "k\(number % 3)", dataKey: own)
                }
            }
        }
        #expect(try await drive.store.dataKeys(after: nil, limit: 10).count == 3)
        #expect(try await drive.store.verifyNoOrphans().isClean)
        for key in ["k0", "k1", "k2"] { _ = try await drive.store.delete(drive.bucket, key: key) }
        #expect(try await drive.store.dataKeys(after: nil, limit: 10) == [])
    }

    @Test(arguments: [false, true])
    func `a sweep and a put of one data key in one batch leave the object readable`(sweepsFirst: Bool) async throws {
        let (committing, unlinking, queue) = (Gate(), Gate(), QueuedChanges())
        let drive = try await Drive.make()
        try await drive.store.putFile(drive.bucket, "file", pattern(5000))
        let key = try drive.store.dataKeyRow(shared: true)
        try await drive.store.insertDataKey(key)
        drive.store.close()
        // The next start sweeps the keys of this run, behind the files that are to be unlinked.
        try drive.alter("INSERT INTO garbage (blob) SELECT blob FROM versions")
        unlinking.close()
        let store = try ObjectStore.open(
            drive.path,
            options: Drive.options { options in
                options.faultHook = { point in
                    if point == .transactionBegun { committing.pass() }
                    if point == .garbageForgotten { unlinking.pass() }
                }
                options.queueHook = queue.hook
            })
        while !unlinking.isAwaited { try await Task.sleep(for: .milliseconds(1)) }
        let columns = store.columns(drive.bucket, "k", body: .inline, size: 1, dataKey: key.id)
        let version = NewVersion(columns: columns, sealed: [2], body: .inline([1]), dataKey: key)

        // Both wait while the committer is held in the transaction before theirs.
        committing.close()
        async let held = store.makeBucket("held")
        while !committing.isAwaited { try await Task.sleep(for: .milliseconds(1)) }
        func sweep() async throws {
            let before = queue.unnumbered
            unlinking.open()
            while queue.unnumbered == before { try await Task.sleep(for: .milliseconds(1)) }
        }
        if sweepsFirst { try await sweep() }
        async let stored = queue.with(number: 1) { try await store.put(version) }
        try await queue.wait(for: 1)
        if !sweepsFirst { try await sweep() }
        committing.open()
        #expect(try await stored == .stored)
        _ = try await held
        #expect(try store.findAtHand(drive.bucket, key: "k", .rowAndDataKey)?.dataKey?.wrapped == key.wrapped)
        #expect(try await store.verifyNoOrphans().isClean)
    }

    @Test func `a shared data key outlives its last reference until the next start`() async throws {
        let drive = try await Drive.make()
        let shared = try drive.store.dataKeyRow(shared: true)
        try await drive.store.insertDataKey(shared)
        try await drive.store.putInline(drive.bucket, "a", dataKey: shared)
        _ = try await drive.store.delete(drive.bucket, key: "a")
        #expect(try drive.store.dataKeyAtHand(shared.id) != nil)
        try await drive.store.retireDataKeys([shared.id])
        try await drive.store.putInline(drive.bucket, "late", dataKey: shared)
        #expect(try await drive.store.kmsKeyNames() == ["master"])
        _ = try await drive.store.delete(drive.bucket, key: "late")
        drive.store.close()
        let again = try drive.reopen()
        await again.collectGarbage()
        #expect(try await again.dataKeys(after: nil, limit: 10) == [])
    }

    @Test func `at a start no key is shared any more, however many there were`() async throws {
        let drive = try await Drive.make()
        try await withThrowingDiscardingTaskGroup { group in
            for index in 0..<1500 {
                let row = try drive.store.dataKeyRow(wrapped: [UInt8(index & 0xff), UInt8(index >> 8)], shared: true)
                group.addTask {
                    try await drive.store.insertDataKey(row)
                    if index >= 700 { try await drive.store.putInline(drive.bucket, "k\(index)", dataKey: row) }
                }
            }
        }
        drive.store.close()
        let again = try drive.reopen()
        await again.collectGarbage()
        let rows = try await again.dataKeys(after: nil, limit: 2000)
        #expect(rows.count == 800)
        #expect(rows.allSatisfy { !$0.isShared })
    }

    @Test func `a number is given once, over reopenings and deletions too`() async throws {
        let drive = try await Drive.make()
        let row = try drive.store.dataKeyRow()
        try await drive.store.putInline(drive.bucket, "k", dataKey: row)
        _ = try await drive.store.delete(drive.bucket, key: "k")
        let epoch = drive.store.epoch
        drive.store.close()
        let again = try drive.reopen()
        #expect(try again.nextDataKeyID().rawValue > row.id.rawValue)
        #expect(again.epoch > epoch)
        let numbers = try (0..<1000).map { _ in try again.nextDataKeyID().rawValue }
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
        #expect(numbers[0] > 0)
    }
}
