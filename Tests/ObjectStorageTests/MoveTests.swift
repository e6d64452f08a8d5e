import ObjectStorage
import TestSupport
import Testing

/// Copies, moves and new data keys: rows change, and the bytes stay where they are.
@Suite struct MoveTests {
    /// A version under another key with the body of a stored one.
    private func moved(
        _ store: ObjectStore, _ source: FoundVersion, to key: String
    ) -> NewVersion {
        var columns = source.version.columns
        columns.key = key
        columns.order = store.nextOrder()
        columns.version = VersionID(order: columns.order)
        let body: NewBody =
            switch source.version.columns.body {
            case .file: source.version.columns.blob.map { .sharedFile($0) } ?? .none
            case .parts: .sharedParts(of: source.version.columns, manifest: [6])
            case .inline, .none, .unreadable: .inline(source.inline ?? [])
            }
        return NewVersion(columns: columns, sealed: [9], body: body, dataKey: nil)
    }

    private func found(_ store: ObjectStore, _ bucket: BucketID, _ key: String) throws -> FoundVersion {
        try #require(try store.findAtHand(bucket, key: key, .body))
    }

    @Test(arguments: [BodyKind.inline, .file, .parts], [false, true])
    func `a version moves with its bytes and its data key`(kind: BodyKind, isTaken: Bool) async throws {
        let drive = try await Drive.make()
        let (store, bucket) = (drive.store, drive.bucket)
        let key = try store.dataKeyRow()
        switch kind {
        case .inline: try await store.putInline(bucket, "old", [5], dataKey: key)
        case .file, .none, .unreadable: try await store.putFile(bucket, "old", pattern(60_000))
        case .parts:
            let upload = try await store.createUpload(bucket, "old", dataKey: key)
            let part = try await store.putPart(upload, 1, pattern(60_000))
            _ = try await store.complete(upload, bucket, "old", [part], dataKey: key.id)
        }
        if isTaken { try await store.putFile(bucket, "new", pattern(50_000)) }
        let source = try found(store, bucket, "old")
        let version = moved(store, source, to: "new")
        source.lease?.release()
        #expect(try await store.move(version, from: source.version) == .moved)
        await store.collectGarbage()
        #expect(try store.version(bucket, key: "old") == nil)
        let there = try found(store, bucket, "new")
        #expect(there.version == StoredVersion(columns: version.columns, sealed: [9]))
        #expect(there.dataKey?.id == source.dataKey?.id)
        switch kind {
        case .inline: #expect(there.inline == [5])
        case .file, .none, .unreadable:
            #expect(try store.readBlob(try #require(there.version.columns.blob)) == pattern(60_000))
        case .parts: #expect(there.manifest == [6])
        }
        there.lease?.release()
        #expect(try await store.verifyNoOrphans().isClean)
        _ = try await store.delete(bucket, key: "new")
        await store.collectGarbage()
        #expect(try await store.verifyNoOrphans().isClean)
        drive.store.close()
    }

    @Test func `a move finds what it expects at both keys, or changes nothing`() async throws {
        let drive = try await Drive.make()
        let (store, bucket) = (drive.store, drive.bucket)
        try await store.putInline(bucket, "old", [5])
        let source = try found(store, bucket, "old")
        let target = try await store.putInline(bucket, "new", [6])

        var stale = source.version.columns
        stale.key = "new"
        #expect(
            try await store.move(
                NewVersion(columns: stale, sealed: [], body: .inline([5]), dataKey: nil), from: source.version)
                == .refused(.staleOrder(newest: target.order)))
        let absent = try await store.move(moved(store, source, to: "new"), expecting: .absent, from: source.version)
        guard case .refused(.changed(let current)) = absent else { throw TestFailure() }
        #expect(current?.columns == target)

        // Another record of the same version: who moves it would take that back.
        let columns = source.version.columns
        let swap = try await store.replaceRecord(
            of: columns.version, bucket, key: "old", sealed: [8], replacing: source.version.sealed)
        #expect(swap == .swapped)
        #expect(try await store.move(moved(store, source, to: "new"), from: source.version) == .sourceChanged)
        let again = try found(store, bucket, "old")
        _ = try await store.putInline(bucket, "old", [7])
        #expect(try await store.move(moved(store, again, to: "new"), from: again.version) == .sourceChanged)
        _ = try await store.delete(bucket, key: "old")
        #expect(try await store.move(moved(store, again, to: "new"), from: again.version) == .sourceChanged)
        #expect(try found(store, bucket, "new").inline == [6])
    }

    @Test func `a version gets another data key, and the former one goes`() async throws {
        let drive = try await Drive.make()
        let (store, bucket) = (drive.store, drive.bucket)
        let (first, second) = (try store.dataKeyRow(), try store.dataKeyRow(wrapped: [7]))
        try await store.putInline(bucket, "k", [5], dataKey: first)
        let old = try found(store, bucket, "k")
        #expect(try await store.rekey(old.version, under: second, sealed: [8]) == .swapped)
        let new = try found(store, bucket, "k")
        var columns = old.version.columns
        columns.dataKey = second.id
        #expect(new.version == StoredVersion(columns: columns, sealed: [8]))
        #expect(new.inline == [5] && new.dataKey?.wrapped == [7])
        #expect(try store.dataKeyAtHand(first.id) == nil)
        #expect(try await store.rekey(old.version, under: first, sealed: [0]) == .changed(current: [8]))
        // The same key again: counted once.
        #expect(try await store.rekey(new.version, under: second, sealed: [9]) == .swapped)
        #expect(try await store.verifyNoOrphans().isClean)
        _ = try await store.delete(bucket, key: "k")
        #expect(try await store.rekey(new.version, under: second, sealed: [0]) == .changed(current: nil))
        #expect(try store.dataKeyAtHand(second.id) == nil)
        #expect(try await store.verifyNoOrphans().isClean)
    }

    enum Operation: CaseIterable, Sendable {
        case copy, copyOntoItself, move, moveOntoAnother, moveParts, rekey, deleteSource
    }

    /// Whatever happens, a key's bytes are those before or after, and no file is lost or left.
    @Test(arguments: Operation.allCases, [FaultPoint.transactionBegun, .rowsWritten, .directoriesSynced, .committed])
    func `after a crash there is the old state or the new one`(operation: Operation, point: FaultPoint) async throws {
        let crash = try Crash()
        let store = try ObjectStore.open(
            "\(crash.directory.path)/drive", options: Drive.options { $0.faultHook = crash.hook })
        let bucket = try await store.makeBucket("bucket").id
        let bytes = pattern(60_000)
        let blob = try #require(try await store.putFile(bucket, "k", bytes).blob)
        try await store.putFile(bucket, "other", pattern(50_000))
        let upload = try await store.createUpload(bucket, "parts")
        _ = try await store.complete(upload, bucket, "parts", [try await store.putPart(upload, 1, bytes)])
        let (source, parts) = (try found(store, bucket, "k"), try found(store, bucket, "parts"))
        source.lease?.release()
        parts.lease?.release()
        if operation == .deleteSource { _ = try await store.put(moved(store, source, to: "copy")) }
        await store.collectGarbage()

        crash.arm(point)
        switch operation {
        case .copy: _ = try await store.put(moved(store, source, to: "copy"))
        case .copyOntoItself: _ = try await store.put(moved(store, source, to: "k"))
        case .move: _ = try await store.move(moved(store, source, to: "copy"), from: source.version)
        case .moveOntoAnother: _ = try await store.move(moved(store, source, to: "other"), from: source.version)
        case .moveParts: _ = try await store.move(moved(store, parts, to: "copy"), from: parts.version)
        case .rekey: _ = try await store.rekey(source.version, under: try store.dataKeyRow(), sealed: [4])
        case .deleteSource: _ = try await store.delete(bucket, key: "k")
        }
        crash.arm(nil)
        let recovered = try ObjectStore.open(try #require(crash.copy), options: Drive.options())
        await recovered.collectGarbage()
        let isNew = point == .committed
        let hasCopy = try recovered.version(bucket, key: "copy") != nil
        let hasSource = try recovered.version(bucket, key: "k") != nil
        switch operation {
        case .copy: #expect(hasSource && hasCopy == isNew)
        case .copyOntoItself, .rekey: #expect(hasSource && !hasCopy)
        case .move: #expect(hasSource != hasCopy && hasCopy == isNew)
        case .moveOntoAnother:
            #expect(hasSource == !isNew)
            #expect(try recovered.body(bucket, "other") == (isNew ? bytes : pattern(50_000)))
        case .moveParts: #expect(try (recovered.version(bucket, key: "parts") != nil) == !isNew && hasCopy == isNew)
        case .deleteSource: #expect(hasSource == !isNew && hasCopy)
        }
        #expect(try recovered.readBlob(blob) == bytes)
        #expect(try await recovered.verifyNoOrphans().isClean)
    }
}
