import Glibc
import ObjectStorage
import Synchronization
import TestSupport
import Testing

/// Copies the drive while the thread that passes a fault point stands still there: what a crash at that point leaves.
final class Crash: Sendable {
    private struct State {
        var point: FaultPoint?
        var count = 0
    }

    private let state = Mutex(State())
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// From now on the next passing of the point is copied.
    func arm(_ point: FaultPoint?) {
        state.withLock { $0.point = point }
    }

    var hook: @Sendable (FaultPoint) -> Void {
        { [self] point in
            let number = state.withLock { state -> Int? in
                guard state.point == point else { return nil }
                state.point = nil
                state.count += 1
                return state.count
            }
            guard let number else { return }
            do {
                try copyTree("\(directory.path)/drive", to: "\(directory.path)/crashed-\(number)")
            } catch { Issue.record(error) }
        }
    }

    /// The path of the copy that was made since arming; nil when the point was not passed.
    var copy: String? {
        state.withLock { $0.count == 0 ? nil : "\(directory.path)/crashed-\($0.count)" }
    }
}

@Suite struct CrashTests {
    /// An operation on a drive that holds the old state, and how to tell old from new.
    enum Operation: String, CaseIterable, Sendable {
        case putSmall, putLarge, overwriteLarge, delete, part, complete, abort
    }

    static let points: [FaultPoint] = [
        .blobCreated, .blobWritten, .blobSynced, .transactionBegun, .rowsWritten, .directoriesSynced, .committed,
    ]

    @Test(arguments: Operation.allCases, points)
    func `after a crash there is the old state or the new one, and no orphan`(
        operation: Operation, point: FaultPoint
    ) async throws {
        let crash = try Crash()
        let store = try ObjectStore.open(
            "\(crash.directory.path)/drive", options: Drive.options { $0.faultHook = crash.hook })
        let bucket = try await store.makeBucket("bucket").id
        try await store.putFile(bucket, "k", pattern(40_000))
        let upload = try await store.createUpload(bucket, "k")
        let parts = [
            try await store.putPart(upload, 1, pattern(7000)), try await store.putPart(upload, 2, pattern(8000)),
        ]
        await store.collectGarbage()

        crash.arm(point)
        switch operation {
        case .putSmall: try await store.putInline(bucket, "new", [7])
        case .putLarge: try await store.putFile(bucket, "new", pattern(1_500_000))
        case .overwriteLarge: try await store.putFile(bucket, "k", pattern(1_100_000))
        case .delete: _ = try await store.delete(bucket, key: "k")
        case .part: try await store.putPart(upload, 2, pattern(9000))
        case .complete: _ = try await store.complete(upload, bucket, "k", [parts[0]])
        case .abort: _ = try await store.abortUpload(upload)
        }
        crash.arm(nil)
        guard let copy = crash.copy else { return }  // The operation does not pass this point.

        let recovered = try ObjectStore.open(copy, options: Drive.options())
        await recovered.collectGarbage()
        let isNew = point == .committed
        let old = pattern(40_000)
        switch operation {
        case .putSmall: #expect(try recovered.body(bucket, "new") == (isNew ? [7] : nil))
        case .putLarge: #expect(try recovered.body(bucket, "new") == (isNew ? pattern(1_500_000) : nil))
        case .overwriteLarge: #expect(try recovered.body(bucket, "k") == (isNew ? pattern(1_100_000) : old))
        case .delete: #expect(try recovered.body(bucket, "k") == (isNew ? nil : old))
        case .part:
            let part = try #require(try await recovered.parts(of: upload).last)
            #expect(try recovered.readBlob(part.blob) == pattern(isNew ? 9000 : 8000))
        case .complete:
            #expect(try (recovered.version(bucket, key: "k")?.columns.body == .parts) == isNew)
            #expect(try await recovered.parts(of: upload) == (isNew ? [] : parts))
        case .abort: #expect(try await recovered.parts(of: upload) == (isNew ? [] : parts))
        }
        #expect(try await recovered.verifyNoOrphans().isClean)
    }

    @Test(arguments: [FaultPoint.garbageUnlinked, .garbageDirectoriesSynced, .garbageForgotten])
    func `unlinking goes on after a crash`(point: FaultPoint) async throws {
        let crash = try Crash()
        let store = try ObjectStore.open(
            "\(crash.directory.path)/drive", options: Drive.options { $0.faultHook = crash.hook })
        let bucket = try await store.makeBucket("bucket").id
        try await store.putFile(bucket, "k", pattern(40_000))
        crash.arm(point)
        _ = try await store.delete(bucket, key: "k")
        await store.collectGarbage()
        let recovered = try ObjectStore.open(try #require(crash.copy), options: Drive.options())
        await recovered.collectGarbage()
        #expect(try await recovered.verifyNoOrphans().isClean)
        #expect(try await recovered.keys(bucket) == [])
    }

    enum Ending: CaseIterable, Sendable {
        case abort, bucketDeletion, versionDeletion, overwrite, unusedParts
    }

    @Test(arguments: [FaultPoint.committed, .uploadsSwept], Ending.allCases)
    func `what an upload or its version has left at its end is removed after a crash`(
        point: FaultPoint, ending: Ending
    ) async throws {
        let crash = try Crash()
        let store = try ObjectStore.open(
            "\(crash.directory.path)/drive", options: Drive.options { $0.faultHook = crash.hook })
        let bucket = try await store.makeBucket("bucket").id
        let upload = try await store.createUpload(bucket, "k")
        var parts: [PartRow] = []
        for number in 1...3 { parts.append(try await store.putPart(upload, number, pattern(5000))) }
        switch ending {
        case .abort, .bucketDeletion, .unusedParts: break
        case .versionDeletion, .overwrite: _ = try await store.complete(upload, bucket, "k", parts)
        }
        crash.arm(point)
        switch ending {
        case .abort: #expect(try await store.abortUpload(upload))
        case .bucketDeletion: try await store.deleteBucket(bucket)
        case .versionDeletion: _ = try await store.delete(bucket, key: "k")
        case .overwrite: try await store.putInline(bucket, "k")
        case .unusedParts:
            _ = try await store.complete(upload, bucket, "k", [parts[0]])
            parts.removeFirst()
        }
        await store.collectGarbage()
        let recovered = try ObjectStore.open(try #require(crash.copy), options: Drive.options())
        #expect(try recovered.findUploadAtHand(upload) == nil)
        await recovered.collectGarbage()
        for part in parts {
            #expect(throws: StorageError.blobMissing(part.blob)) { try recovered.openBlob(part.blob) }
        }
        #expect(try await recovered.verifyNoOrphans().isClean)
    }

    @Test(arguments: [FaultPoint.logRewritten, .logCopied])
    func `a crash while the log is made durable loses nothing`(point: FaultPoint) async throws {
        let first = try Crash()
        let store = try ObjectStore.open(
            "\(first.directory.path)/drive", options: Drive.options { $0.faultHook = first.hook })
        let bucket = try await store.makeBucket("bucket").id
        first.arm(.committed)
        try await store.putInline(bucket, "k", [7])
        let second = try Crash()
        try copyTree(try #require(first.copy), to: "\(second.directory.path)/drive")
        #expect(fileSize("\(second.directory.path)/drive/coffer.db-wal") > 0)
        second.arm(point)
        let again = try ObjectStore.open(
            "\(second.directory.path)/drive", options: Drive.options { $0.faultHook = second.hook })
        #expect(try again.body(bucket, "k") == [7])
        let copy = try #require(second.copy, "an unclean drive is opened past this point")
        // Before anybody builds on it, the log is in the database.
        if point == .logCopied { #expect(fileSize("\(copy)/coffer.db-wal") == 0) }
        #expect(try ObjectStore.open(copy, options: Drive.options()).body(bucket, "k") == [7])
    }

    @Test func `a crash during recovery is recovered from`() async throws {
        let first = try Crash()
        let store = try ObjectStore.open(
            "\(first.directory.path)/drive", options: Drive.options { $0.faultHook = first.hook })
        let bucket = try await store.makeBucket("bucket").id
        let orphans = [
            try await store.writeBlob(pattern(100)), try await store.writeBlob(pattern(200)),
            try await store.writeBlob(pattern(300)),
        ]
        try await store.putFile(bucket, "k", pattern(5000))
        first.arm(.committed)
        try await store.putInline(bucket, "s")
        let second = try Crash()
        try copyTree(try #require(first.copy), to: "\(second.directory.path)/drive")
        second.arm(.recoveryUnlinked)
        let again = try ObjectStore.open(
            "\(second.directory.path)/drive", options: Drive.options { $0.faultHook = second.hook })
        #expect(try await again.verifyNoOrphans().isClean)
        let third = try ObjectStore.open(try #require(second.copy), options: Drive.options())
        #expect(try await third.verifyNoOrphans().isClean)
        #expect(try third.body(bucket, "k") == pattern(5000))
        for orphan in orphans { #expect(throws: StorageError.self) { try third.openBlob(orphan.id) } }
    }

    @Test func `recovery looks at the numbers that were not settled, and at no others`() async throws {
        let crash = try Crash()
        let store = try ObjectStore.open(
            "\(crash.directory.path)/drive",
            options: Drive.options {
                $0.faultHook = crash.hook
                $0.blobNumberStep = 4
            })
        let bucket = try await store.makeBucket("bucket").id
        for index in 0..<9 { try await store.putFile(bucket, "k\(index)", pattern(100)) }
        let orphan = try await store.writeBlob([1])
        for index in 9..<20 { try await store.putFile(bucket, "k\(index)", pattern(100)) }
        crash.arm(.committed)
        try await store.putInline(bucket, "s")
        let copy = try #require(crash.copy)
        // A stray file of a number that was not given costs nothing at start, and is found by the full comparison.
        let settled = try #require(try store.version(bucket, key: "k0")?.columns.blob)
        let stray = "\(copy)/blobs/\(settled.hex.dropFirst(6).prefix(10))-0000000000/0000000000000fff"
        try copyTree("\(copy)/format", to: stray)
        let recovered = try ObjectStore.open(copy, options: Drive.options())
        #expect(throws: StorageError.self) { try recovered.openBlob(orphan.id) }
        let report = try await recovered.verifyNoOrphans()
        #expect(report.filesWithoutRow.map { String($0.hex.suffix(16)) } == ["0000000000000fff"])
        #expect(report.rowsWithoutFile == [])
        for index in 0..<20 { #expect(try recovered.body(bucket, "k\(index)") == pattern(100)) }
    }
}

private func fileSize(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
}
