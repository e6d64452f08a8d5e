import Synchronization
import Testing
import Threading

@Suite struct SingleFlightTests {
    private struct Failed: Error, Equatable { var reason = "failed" }

    private let flights = SingleFlight<String, Int, Failed>()

    /// Work that counts how often it was begun and waits until it is let go.
    private final class Work: Sendable {
        private let state = Mutex((begun: 0, isOpen: false))

        var begun: Int { state.withLock { $0.begun } }
        func open() { state.withLock { $0.isOpen = true } }

        func run() async {
            state.withLock { $0.begun += 1 }
            while !state.withLock({ $0.isOpen }) { try? await Task.sleep(for: .milliseconds(1)) }
        }

        func waitUntilBegun() async {
            while begun == 0 { await Task.yield() }
        }
    }

    private func outcome(_ key: String, _ work: Work, _ answer: Int) async throws(Failed) -> Int {
        try await flights.outcome(key, cancelled: Failed(reason: "cancelled")) { () async throws(Failed) in
            await work.run()
            if answer < 0 { throw Failed() }
            return answer
        }
    }

    @Test func `work is done once for all that ask meanwhile, and again for who asks later`() async throws {
        let work = Work()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<20 { group.addTask { try await outcome("a", work, number) } }
            await work.waitUntilBegun()
            for _ in 0..<100 { await Task.yield() }
            work.open()
            var answers: Set<Int> = []
            for try await answer in group { answers.insert(answer) }
            // Whoever came after the end began again; usually nobody.
            #expect(answers.count == work.begun)
        }
        let before = work.begun
        #expect(try await outcome("a", work, 7) == 7)
        #expect(work.begun == before + 1)
    }

    @Test func `a failure is everybody's`() async throws {
        let work = Work()
        let first = Task { try await outcome("a", work, -1) }
        await work.waitUntilBegun()
        let second = Task { try await outcome("a", work, -1) }
        for _ in 0..<100 { await Task.yield() }
        work.open()
        await #expect(throws: Failed()) { try await first.value }
        await #expect(throws: Failed()) { try await second.value }
    }

    @Test func `other keys are other work`() async throws {
        let (stuck, free) = (Work(), Work())
        free.open()
        let waiting = Task { try await outcome("a", stuck, 1) }
        await stuck.waitUntilBegun()
        #expect(try await outcome("b", free, 2) == 2)
        stuck.open()
        #expect(try await waiting.value == 1)
    }

    @Test func `who is cancelled goes at once, and the work goes on for the others`() async throws {
        let work = Work()
        let first = Task { try await outcome("a", work, 1) }
        await work.waitUntilBegun()
        let second = Task { try await outcome("a", work, 2) }
        for _ in 0..<100 { await Task.yield() }
        first.cancel()
        await #expect(throws: Failed(reason: "cancelled")) { try await first.value }
        work.open()
        #expect([1, 2].contains(try await second.value))
    }
}
