import KeyStores
import Synchronization
import Testing

@Suite struct DeadlineTests {
    @Test func `what is said in time is what comes`() async throws {
        let said = await within(.seconds(60), late: KeyStoreError.keyNotFound) { () throws(KeyStoreError) in 7 }
        #expect(try said.get() == 7)
        let failed = await within(.seconds(60), late: KeyStoreError.keyNotFound) { () throws(KeyStoreError) -> Int in
            throw .keyExists
        }
        #expect(throws: KeyStoreError.keyExists) { try failed.get() }
    }

    @Test func `what is late is cancelled and not waited for`() async {
        let ended = AsyncStream<Void>.makeStream()
        let outcome = await within(.milliseconds(20), late: KeyStoreError.unreachable("late")) {
            () throws(KeyStoreError) -> Int in
            while !Task.isCancelled { await Task.yield() }
            ended.continuation.finish()
            return 7
        }
        #expect(throws: KeyStoreError.unreachable("late")) { try outcome.get() }
        // Ends only because the work saw that it was cancelled.
        for await _ in ended.stream {}
    }

    @Test func `who goes away cancels the work`() async {
        let task = Task {
            await within(.seconds(60), late: KeyStoreError.unreachable("late")) { () throws(KeyStoreError) -> Int in
                while !Task.isCancelled { await Task.yield() }
                throw .cancelled
            }
        }
        task.cancel()
        let outcome = await task.value
        #expect(throws: KeyStoreError.cancelled) { try outcome.get() }
    }
}
