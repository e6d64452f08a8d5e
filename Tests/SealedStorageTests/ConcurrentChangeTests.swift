import ObjectStorage
import S3Protocol
import SealedStorage
import Synchronization
import TestSupport
import Testing

@Suite struct ConcurrentChangeTests {
    @Test func `an object that is overwritten meanwhile is read whole, whichever it is`() async throws {
        let fixture = try await DriveFixture.make()
        try await fixture.write("k", [0])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<2 as Range<UInt8> {
                group.addTask {
                    for round in 0..<60 {
                        let size = round.isMultiple(of: 4) ? 50_000 : 500
                        try await fixture.write("k", [UInt8](repeating: writer + 1, count: size))
                    }
                }
            }
            for _ in 0..<2 {
                group.addTask {
                    for _ in 0..<300 {
                        let bytes = try #require(try await fixture.read("k"))
                        #expect(Set(bytes).count == 1)
                        let object = try fixture.drive.objects.find(try fixture.bucket, key: try ObjectName("k"))
                        let encryption = try fixture.drive.objects.encryption(of: try #require(object), nil)
                        guard case .sseKMS(let kmsKey, _, _) = encryption else { throw UnexpectedEncryption() }
                        #expect(kmsKey == "master")
                    }
                }
            }
            try await group.waitForAll()
        }
        await fixture.store.collectGarbage()
        #expect(try await fixture.store.verifyNoOrphans().isClean)
    }

    @Test func `of many writers that condition on one entity tag, one succeeds`() async throws {
        let fixture = try await DriveFixture.make()
        let first = try await fixture.write("k", [0])
        let succeeded = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<20 as Range<UInt8> {
                group.addTask {
                    do {
                        try await fixture.write("k", [index], [("if-match", first.record.etag.quoted)])
                        return true
                    } catch {
                        #expect(error as? SealedStorageError == .preconditionFailed)
                        return false
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(succeeded == 1)
    }

    @Test func `who is slow to seal wins against steady overwrites in the end`() async throws {
        let rivals = Rivals()
        let fixture = try await DriveFixture.make(rivals.options)
        let (store, bucket) = (fixture.store, try fixture.bucket)
        rivals.begin {
            // By the time of a commit, theirs is later than what it was sealed under, by a second, however long it took.
            let order = store.nextOrder() + 1_000_000
            let columns = VersionColumns(
                bucket: bucket.id, key: "k", version: VersionID(order: order), order: order, size: 1, modified: 1,
                flags: .nullVersion, dataKey: nil, body: .inline, blob: nil)
            _ = try? await store.put(NewVersion(columns: columns, sealed: [1], body: .inline([1]), dataKey: nil))
        }
        try await fixture.write("k", [2])
        await rivals.end()
        // The others go on behind it.
        try await fixture.write("k", [3])
        #expect(try await fixture.read("k") == [3])
    }

    @Test func `a condition that others are always faster than is a conflict`() async throws {
        let rivals = Rivals()
        let fixture = try await DriveFixture.make(rivals.options)
        try await fixture.write("k", [1])
        rivals.begin { _ = try? await fixture.write("k", [1]) }
        await #expect(throws: SealedStorageError.conditionalConflict) {
            try await fixture.write("k", [2], [("if-match", "*")])
        }
        let conditions = try DeletePreconditions([(name: "if-match", value: "*")])
        await #expect(throws: SealedStorageError.conditionalConflict) {
            try await fixture.drive.objects.delete(
                try fixture.bucket, key: try ObjectName("k"), conditions: conditions, at: 1)
        }
        await rivals.end()
        #expect(try await fixture.read("k") == [1])
    }

    @Test func `each key of a batch has its own condition`() async throws {
        let fixture = try await DriveFixture.make()
        var etags: [String] = []
        for key in ["a", "b", "c"] { etags.append(try await fixture.write(key, [1]).record.etag.quoted) }
        let deletions = try [("a", etags[0]), ("b", etags[0]), ("none", etags[0])].map { key, etag in
            ObjectDeletion(
                key: try ObjectName(key), conditions: try DeletePreconditions([(name: "if-match", value: etag)]))
        }
        let results = try await fixture.drive.objects.delete(try fixture.bucket, deletions, at: 1)
        let failures = results.map { result -> SealedStorageError? in
            if case .failure(let error) = result { error as? SealedStorageError } else { nil }
        }
        #expect(failures == [nil, .preconditionFailed, .noSuchKey])
        #expect(try await fixture.read("a") == nil)
        #expect(try await fixture.read("b") == [1])
    }

    @Test func `changes of one bucket at once all take effect, in memory as on the drive`() async throws {
        let fixture = try await DriveFixture.make()
        let bucket = try fixture.bucket
        try await withThrowingDiscardingTaskGroup { group in
            for index in 0..<40 {
                group.addTask {
                    try await fixture.drive.buckets.update(bucket) { record in
                        // Every change builds on the one before: a lost one would be missing in the name.
                        var names = ""
                        if case .sseKMS(let name?) = record.encryption?.algorithm { names = name }
                        record.encryption = ServerSideEncryptionConfiguration(
                            algorithm: .sseKMS(keyID: names + "[\(index)]"))
                    }
                }
            }
        }
        guard case .sseKMS(let names?) = try fixture.bucket.record.encryption?.algorithm else {
            throw UnexpectedEncryption()
        }
        for index in 0..<40 { #expect(names.contains("[\(index)]")) }
        try await fixture.drive.buckets.update(try fixture.bucket) { $0.encryption = nil }
        #expect(try fixture.bucket.record.encryption == nil)
    }
}

/// Changes of which the next one is queued while each transaction is made: so one always comes between what a writer finds
/// there and what it has committed.
private final class Rivals: Sendable {
    private struct State {
        var change: (@Sendable () async -> Void)?
        var last = 0
        var tasks: [Task<Void, Never>] = []
    }

    private let queue = QueuedChanges()
    private let state = Mutex(State())

    var options: StoreOptions {
        var options = StoreOptions()
        options.queueHook = queue.hook
        options.faultHook = { [self] point in if point == .transactionBegun { queueNext() } }
        return options
    }

    /// Returns when the first change is queued.
    func begin(_ change: @escaping @Sendable () async -> Void) {
        state.withLock { $0.change = change }
        queueNext()
    }

    /// Returns when the last change has been made.
    func end() async {
        let tasks = state.withLock { state in
            state.change = nil
            return state.tasks
        }
        for task in tasks { await task.value }
    }

    private func queueNext() {
        let number = state.withLock { state -> Int? in
            guard let change = state.change else { return nil }
            state.last += 1
            let number = state.last
            state.tasks.append(Task { [queue] in await queue.with(number: number, change) })
            return number
        }
        if let number { queue.waitBlocking(for: number) }
    }
}

private struct UnexpectedEncryption: Error {}
