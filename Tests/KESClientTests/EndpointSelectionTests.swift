import KESClient
import Testing

/// Always the same sequence of numbers.
private struct FixedGenerator: RandomNumberGenerator {
    var state: UInt64 = 1

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state
    }
}

@Suite struct EndpointSelectionTests {
    /// All servers in the order in which one call would ask them.
    private func order(_ selection: inout EndpointSelection, at now: Duration = .zero) -> [Int] {
        var tried: Set<Int> = []
        var order: [Int] = []
        while let index = selection.pick(excluding: tried, at: now) {
            tried.insert(index)
            order.append(index)
        }
        return order
    }

    @Test func `this host goes first, then the subnet, then the rest`() {
        var selection = EndpointSelection([.remote, .sameSubnet, .thisHost], start: 7)
        for _ in 0..<4 { #expect(order(&selection) == [2, 1, 0]) }
    }

    @Test func `servers at one distance take turns, from a start that is given`() {
        var selection = EndpointSelection([.remote, .remote, .remote], start: 0)
        #expect(order(&selection) == [1, 2, 0])
        #expect(order(&selection) == [2, 0, 1])
        #expect(order(&selection) == [0, 1, 2])
        var other = EndpointSelection([.remote, .remote, .remote], start: 1)
        #expect(order(&other) == [2, 0, 1])
        var last = EndpointSelection([.remote, .remote], start: .max)
        #expect(order(&last).count == 2)
    }

    @Test func `a server that failed is left out for 30 s, then tried by one request`() {
        var selection = EndpointSelection([.thisHost, .remote], start: 0)
        #expect(selection.pick(excluding: [], at: .seconds(100)) == 0)
        selection.failed(0, at: .seconds(100))
        for second in [100, 115, 129] { #expect(selection.pick(excluding: [], at: .seconds(second)) == 1) }
        #expect(selection.pick(excluding: [], at: .seconds(130)) == 0)
        // While that one is on its way the others keep off.
        #expect(selection.pick(excluding: [], at: .seconds(130)) == 1)
        #expect(selection.pick(excluding: [], at: .seconds(131)) == 1)
        selection.succeeded(0)
        #expect(selection.pick(excluding: [], at: .seconds(132)) == 0)
    }

    @Test func `a trial that fails begins another 30 s, and one that ends without result does not`() {
        var selection = EndpointSelection([.thisHost, .remote], start: 0)
        selection.failed(0, at: .zero)
        #expect(selection.pick(excluding: [], at: .seconds(30)) == 0)
        selection.failed(0, at: .seconds(31))
        #expect(selection.pick(excluding: [], at: .seconds(60)) == 1)
        #expect(selection.pick(excluding: [], at: .seconds(61)) == 0)
        selection.abandoned(0, at: .seconds(62))
        #expect(selection.pick(excluding: [], at: .seconds(62)) == 0)
        // A trial that never reports counts as failed.
        #expect(selection.pick(excluding: [], at: .seconds(91)) == 1)
        #expect(selection.pick(excluding: [], at: .seconds(92)) == 0)
    }

    @Test func `when all have failed all are asked all the same, once each`() {
        var selection = EndpointSelection([.remote, .remote, .thisHost], start: 0)
        for index in 0..<3 { selection.failed(index, at: .zero) }
        #expect(order(&selection, at: .seconds(1)).sorted() == [0, 1, 2])
        #expect(order(&selection, at: .seconds(1)).first == 2)
    }

    @Test func `a call asks every server, then waits 200 to 999 ms, three times in all`() {
        var selection = EndpointSelection([.thisHost, .remote], start: 0)
        var attempts = CallAttempts()
        var random = FixedGenerator()
        var asked: [Int] = []
        var pauses: [Duration] = []
        loop: while true {
            switch attempts.next(&selection, at: .zero, using: &random) {
            case .ask(let index):
                asked.append(index)
                selection.failed(index, at: .zero)
                attempts.failed(index, .passing)
            case .wait(let pause): pauses.append(pause)
            case .giveUp: break loop
            }
        }
        #expect(asked == [0, 1, 0, 1, 0, 1])
        #expect(pauses.count == 2)
        #expect(pauses.allSatisfy { (.milliseconds(200) ... .milliseconds(999)).contains($0) })
    }

    @Test func `pauses differ, and stay within bounds`() {
        var random = FixedGenerator()
        var pauses: Set<Duration> = []
        for _ in 0..<200 {
            var selection = EndpointSelection([.remote], start: 0)
            var attempts = CallAttempts()
            guard case .ask(let index) = attempts.next(&selection, at: .zero, using: &random) else { continue }
            attempts.failed(index, .passing)
            if case .wait(let pause) = attempts.next(&selection, at: .zero, using: &random) { pauses.insert(pause) }
        }
        #expect(pauses.count > 50)
        #expect(pauses.allSatisfy { (.milliseconds(200) ... .milliseconds(999)).contains($0) })
    }

    @Test func `a failure that would repeat itself is not asked for again`() {
        var selection = EndpointSelection([.thisHost, .remote], start: 0)
        var attempts = CallAttempts()
        var random = FixedGenerator()
        #expect(attempts.next(&selection, at: .zero, using: &random) == .ask(0))
        attempts.failed(0, .lasting)
        #expect(attempts.next(&selection, at: .zero, using: &random) == .ask(1))
        #expect(!attempts.hasOthers(of: 2))
        attempts.failed(1, .passing)
        guard case .wait = attempts.next(&selection, at: .zero, using: &random) else {
            Issue.record("no second round")
            return
        }
        #expect(attempts.next(&selection, at: .zero, using: &random) == .ask(1))
        attempts.failed(1, .lasting)
        #expect(attempts.next(&selection, at: .zero, using: &random) == .giveUp)
    }
}
