import KeyStores
import Testing

/// Calls of a library that hangs, by a clock that is moved by hand.
@Suite struct StuckCallsTests {
    private let start = ContinuousClock.now

    private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    private var none: StuckCalls { StuckCalls(patience: .seconds(5), limit: 8) }

    @Test func `a library that hangs is tried once more and then left alone`() {
        var calls = none
        let first = calls.begin(at: at(0))
        // Nobody knows yet.
        #expect(first != nil && calls.admits(at: at(4)))
        let trial = calls.begin(at: at(5))
        #expect(trial != nil)
        var others = 0
        for second in 5..<3600 where calls.begin(at: at(second)) != nil { others += 1 }
        #expect(others == 0)
        #expect(calls.stuck(at: at(100)).count == 2 && calls.stuck(at: at(100)).longest == .seconds(100))
    }

    @Test func `one that returns lets the next go`() throws {
        var calls = none
        let first = try #require(calls.begin(at: at(0)))
        let trial = try #require(calls.begin(at: at(6)))
        #expect(!calls.admits(at: at(20)))
        calls.end(trial)
        #expect(calls.admits(at: at(20)))
        calls.end(first)
        #expect(calls.stuck(at: at(20)).count == 0 && calls.admits(at: at(20)))
    }

    @Test func `one that hangs holds up no other while others return`() throws {
        var calls = none
        _ = calls.begin(at: at(0))
        calls.end(try #require(calls.begin(at: at(6))))
        for second in stride(from: 9, to: 600, by: 3) {
            let one = try #require(calls.begin(at: at(second)))
            let two = try #require(calls.begin(at: at(second)))
            calls.end(two)
            calls.end(one)
        }
        #expect(calls.stuck(at: at(600)).count == 1)
    }

    @Test func `an old call that returns does not speak for newer ones that hang`() throws {
        var calls = none
        let old = try #require(calls.begin(at: at(0)))
        _ = calls.begin(at: at(1))
        _ = calls.begin(at: at(2))
        calls.end(old)
        #expect(!calls.admits(at: at(30)))
    }

    @Test func `calls that hang are bounded whatever others do`() throws {
        var calls = none
        var hanging = 0
        for second in 0..<1000 {
            guard let hang = calls.begin(at: at(10 * second)) else { continue }
            hanging += 1
            if let other = calls.begin(at: at(10 * second)) { calls.end(other) }
            withExtendedLifetime(hang) {}
        }
        #expect(hanging == 8)
    }
}
