import HTTPClient
import KESClient
import Testing

@Suite struct CallCircuitTests {
    private let dead = KESClientError.connection(.timedOut(.response), endpoint: "https://kes")
    private let refused = KESClientError.connection(.refused("kes"), endpoint: "https://kes")

    private func open(at now: Duration) -> CallCircuit {
        var circuit = CallCircuit()
        #expect(circuit.enter(at: now - .seconds(10)) == .call)
        circuit.failed(dead, .call, since: now - .seconds(10), at: now)
        return circuit
    }

    @Test func `while servers answer every call goes out`() {
        var circuit = CallCircuit()
        for second in 0..<5 {
            #expect(circuit.enter(at: .seconds(second)) == .call)
            circuit.answered(at: .seconds(second))
            #expect(circuit.refusal(at: .seconds(second)) == nil)
        }
    }

    @Test func `after a call without any answer calls fail with its error, until one tries`() {
        var circuit = open(at: .seconds(100))
        for _ in 0..<3 { #expect(circuit.enter(at: .milliseconds(100_999)) == .refused(dead)) }
        #expect(circuit.refusal(at: .milliseconds(100_500)) == dead)
        #expect(circuit.refusal(at: .seconds(101)) == nil)
        #expect(circuit.enter(at: .seconds(101)) == .trial)
        // The others are refused for as long as the trial takes.
        for second in [101, 105, 110] { #expect(circuit.enter(at: .seconds(second)) == .refused(dead)) }
        circuit.failed(refused, .trial, since: .seconds(101), at: .seconds(111))
        #expect(circuit.enter(at: .milliseconds(111_500)) == .refused(refused))
        #expect(circuit.enter(at: .seconds(112)) == .trial)
        circuit.answered(at: .seconds(112))
        #expect(circuit.enter(at: .seconds(112)) == .call)
    }

    @Test func `a call that fails while others are answered says nothing about the servers`() {
        var circuit = CallCircuit()
        #expect(circuit.enter(at: .seconds(1)) == .call)
        circuit.answered(at: .seconds(5))
        circuit.failed(dead, .call, since: .seconds(1), at: .seconds(11))
        #expect(circuit.enter(at: .seconds(11)) == .call)
    }

    @Test func `a late answer to an earlier call closes it`() {
        var circuit = open(at: .seconds(100))
        circuit.answered(at: .milliseconds(100_200))
        #expect(circuit.enter(at: .milliseconds(100_300)) == .call)
        var tried = open(at: .seconds(100))
        #expect(tried.enter(at: .seconds(101)) == .trial)
        tried.answered(at: .seconds(102))
        tried.failed(dead, .trial, since: .seconds(101), at: .seconds(111))
        #expect(tried.enter(at: .seconds(111)) == .call)
    }

    @Test func `a trial that is given up makes room for another at once`() {
        var circuit = open(at: .seconds(100))
        #expect(circuit.enter(at: .seconds(102)) == .trial)
        circuit.abandoned(.trial, at: .seconds(103))
        #expect(circuit.enter(at: .seconds(103)) == .trial)
        // One that was let in before has nothing to do with it.
        circuit.abandoned(.call, at: .seconds(103))
        #expect(circuit.enter(at: .seconds(103)) == .refused(dead))
    }

    @Test func `calls that were under way when it opened change nothing`() {
        var circuit = open(at: .seconds(100))
        circuit.failed(refused, .call, since: .seconds(95), at: .milliseconds(100_900))
        #expect(circuit.enter(at: .milliseconds(100_950)) == .refused(dead))
        #expect(circuit.enter(at: .seconds(101)) == .trial)
    }
}
