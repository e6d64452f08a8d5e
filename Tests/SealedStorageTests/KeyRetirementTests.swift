import ObjectStorage
import SealedStorage
import Synchronization
import TestSupport
import Testing

@Suite struct KeyRetirementTests {
    @Test func `keys that expire at once leave the queue of changes to writes, and are all retired`() async throws {
        let (gate, queue) = (Gate(), QueuedChanges())
        let rows = Mutex<Int64>(0)
        var options = StoreOptions()
        options.faultHook = { if $0 == .transactionBegun { gate.pass() } }
        options.queueHook = queue.hook
        options.rowCountHook = { count in rows.withLock { $0 = max($0, count) } }
        let fixture = try await DriveFixture.make(options)
        var keys: [DataKeyID] = []
        try await withThrowingDiscardingTaskGroup { group in
            for index in 0..<1000 {
                let row = DataKeyRow(
                    id: try fixture.store.nextDataKeyID(), kmsKey: "master", wrapped: [UInt8(index & 0xff), 1],
                    context: [], created: 1, isShared: true)
                keys.append(row.id)
                group.addTask { try await fixture.store.insertDataKey(row) }
            }
        }
        rows.withLock { $0 = 0 }
        gate.close()
        let retirement = KeyRetirement(fixture.store)
        for key in keys { retirement.add(key) }
        // More than the queue of changes has room for.
        for number in 1...20_000 { retirement.add(DataKeyID(rawValue: Int64(number))) }
        // The committer stands in the first retirement, and everything that was to be queued behind it is.
        while !gate.isAwaited { try await Task.sleep(for: .milliseconds(1)) }
        async let written = queue.with(number: 1) { try await fixture.write("k", [1]) }
        try await queue.wait(for: 1)
        gate.open()
        _ = try await written
        var shared = keys.count
        for _ in 0..<1000 where shared > 0 {
            shared = try await fixture.store.dataKeys(after: nil, limit: 2000).count { $0.isShared }
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(shared == 0)
        #expect(rows.withLock { $0 } < 2 * Int64(KeyRetirement.batchSize))
    }
}
