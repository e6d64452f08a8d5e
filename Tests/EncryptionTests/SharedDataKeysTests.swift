import Cryptography
import Encryption
import KeyManagement
import Synchronization
import Testing

@Suite struct SharedDataKeysTests {
    /// The rows that were written and retired, and the time.
    final class World: Sendable {
        struct State {
            var now = ContinuousClock.now
            var persisted = 0
            var retired: [Int64] = []
            var persistFails = false
        }
        struct DriveFull: Error {}

        let state = Mutex(State())
        let service: CountingKeyService

        init() throws { service = try CountingKeyService() }

        var retired: [Int64] { state.withLock { $0.retired.sorted() } }
        func pass(_ time: Duration) { state.withLock { $0.now += time } }

        func keys(maximumUses: Int = 100_000, maximumBytes: Int = 32 << 20) -> SharedDataKeys {
            SharedDataKeys(
                service: service, lifetime: .seconds(300), maximumUses: maximumUses, maximumBytes: maximumBytes,
                now: { self.state.withLock { $0.now } },
                persist: { _, _, _ in
                    try self.state.withLock { state in
                        if state.persistFails { throw DriveFull() }
                        state.persisted += 1
                        return Int64(state.persisted)
                    }
                },
                retire: { row in self.state.withLock { $0.retired.append(row) } })
        }
    }

    let world: World
    let id: KeyID

    init() throws {
        world = try World()
        id = world.service.defaultKey
    }

    private func row(_ keys: SharedDataKeys, bucket: Int64 = 1, scheme: EncryptionScheme = .sseS3) async throws -> Int64
    {
        try await keys.current(bucketID: bucket, scheme: scheme, key: id, context: KMSContext()).rowID
    }

    @Test func `objects of one bucket, scheme and key share a data key, others do not`() async throws {
        let keys = world.keys()
        #expect(keys.cached(bucketID: 1, scheme: .sseS3, key: id) == nil)
        let first = try await keys.current(bucketID: 1, scheme: .sseS3, key: id, context: KMSContext())
        let second = try await keys.current(bucketID: 1, scheme: .sseS3, key: id, context: KMSContext())
        #expect(first.rowID == 1 && second.rowID == 1 && first.key === second.key)
        #expect(keys.cached(bucketID: 1, scheme: .sseS3, key: id)?.key === first.key)
        #expect(try await row(keys, bucket: 2) == 2)
        #expect(try await row(keys, scheme: .sseKMS) == 3)
        let other = try KeyID("other")
        #expect(try await keys.current(bucketID: 1, scheme: .sseS3, key: other, context: KMSContext()).rowID == 4)
        #expect(world.service.generated == 4 && world.retired.isEmpty)
    }

    @Test func `a key is replaced when its time is up, and then retired`() async throws {
        let keys = world.keys()
        #expect(try await row(keys) == 1)
        world.pass(.seconds(299))
        #expect(try await row(keys) == 1)
        world.pass(.seconds(1))
        #expect(keys.cached(bucketID: 1, scheme: .sseS3, key: id) == nil)
        #expect(world.retired == [1])
        #expect(try await row(keys) == 2)
        #expect(world.retired == [1])
    }

    @Test func `a key is replaced when it was used often enough, whichever way`() async throws {
        let keys = world.keys(maximumUses: 3)
        #expect(try await row(keys) == 1)
        #expect(keys.cached(bucketID: 1, scheme: .sseS3, key: id)?.rowID == 1)
        #expect(try await row(keys) == 1)
        #expect(try await row(keys) == 2)
        #expect(world.retired == [1])
    }

    @Test func `one asks the key service, the others wait for it`() async throws {
        let keys = world.keys()
        world.service.closeGate()
        try await withThrowingTaskGroup(of: Int64.self) { group in
            for _ in 0..<50 { group.addTask { try await row(keys) } }
            while !world.service.isWaiting { await Task.yield() }
            for _ in 0..<100 { await Task.yield() }
            world.service.openGate()
            for try await row in group { #expect(row == 1) }
        }
        #expect(world.service.generated == 1)
    }

    @Test func `a failure reaches all who wait, and the next one asks again`() async throws {
        let keys = world.keys()
        world.service.fail(with: .unavailable("test"))
        world.service.closeGate()
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    do {
                        _ = try await row(keys)
                        return false
                    } catch { return error as? KeyServiceError == .unavailable("test") }
                }
            }
            while !world.service.isWaiting { await Task.yield() }
            world.service.openGate()
            for await failed in group { #expect(failed) }
        }
        world.service.fail(with: nil)
        #expect(try await row(keys) == 1)
        #expect(world.retired.isEmpty)
    }

    @Test func `when the one who asks is cancelled, the others get the key that was asked for`() async throws {
        let keys = world.keys()
        world.service.closeGate()
        let leader = Task { try await row(keys) }
        while !world.service.isWaiting { await Task.yield() }
        let follower = Task { try await row(keys) }
        for _ in 0..<100 { await Task.yield() }
        leader.cancel()
        // The gate is still closed.
        await #expect(throws: CancellationError.self) { try await leader.value }
        world.service.openGate()
        #expect(try await follower.value == 1)
        #expect(world.service.generated == 1)
    }

    @Test func `a key that cannot be stored is not handed out`() async throws {
        let keys = world.keys()
        world.state.withLock { $0.persistFails = true }
        await #expect(throws: World.DriveFull.self) { try await row(keys) }
        #expect(keys.cached(bucketID: 1, scheme: .sseS3, key: id) == nil)
        world.state.withLock { $0.persistFails = false }
        #expect(try await row(keys) == 1)
    }

    @Test func `forgetting a bucket retires its keys, also one that is on its way`() async throws {
        let keys = world.keys()
        #expect(try await row(keys, bucket: 1) == 1)
        #expect(try await row(keys, bucket: 1, scheme: .sseKMS) == 2)
        #expect(try await row(keys, bucket: 2) == 3)
        keys.forget(bucketID: 1)
        #expect(world.retired == [1, 2])
        #expect(keys.cached(bucketID: 2, scheme: .sseS3, key: id)?.rowID == 3)

        world.service.closeGate()
        let late = Task { try await row(keys, bucket: 1) }
        while !world.service.isWaiting { await Task.yield() }
        keys.forget(bucketID: 1)
        world.service.openGate()
        #expect(try await late.value == 5)
        #expect(world.retired == [1, 2, 4])
    }

    @Test func `the memory for keys is bounded`() async throws {
        let keys = world.keys(maximumBytes: 1200)
        #expect(try await row(keys, bucket: 1) == 1)
        #expect(try await row(keys, bucket: 2) == 2)
        #expect(try await row(keys, bucket: 3) == 3)
        #expect(world.retired.count == 1 && world.retired.first.map { $0 < 3 } == true)
        world.pass(.seconds(300))
        keys.removeExpired()
        #expect(world.retired == [1, 2, 3])
        #expect(try await row(keys, bucket: 4) == 4)
        keys.removeAll()
        #expect(world.retired == [1, 2, 3, 4])
    }

    @Test func `a bucket that is written to keeps its key while many others pass`() async throws {
        let keys = world.keys(maximumBytes: 8 * 600)
        #expect(try await row(keys, bucket: 0) == 1)
        for bucket in 1..<100 {
            _ = try await row(keys, bucket: Int64(bucket))
            #expect(keys.cached(bucketID: 0, scheme: .sseS3, key: id)?.rowID == 1)
        }
        #expect(world.service.generated == 100)
    }

    @Test func `the keys of more than ten thousand buckets are all kept`() async throws {
        let keys = world.keys()
        for bucket in 0..<10_500 { _ = try await row(keys, bucket: Int64(bucket)) }
        let kept = (0..<10_500).filter { keys.cached(bucketID: Int64($0), scheme: .sseS3, key: id) != nil }
        #expect(kept.count == 10_500 && world.retired.isEmpty)
        world.pass(.seconds(300))
        keys.removeExpired()
        #expect(world.retired.count == 10_500)
    }
}
