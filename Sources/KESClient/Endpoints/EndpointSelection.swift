/// How far away a server is.
package enum EndpointDistance: Int, Comparable, Sendable {
    case thisHost
    case sameSubnet
    case remote

    package static func < (a: EndpointDistance, b: EndpointDistance) -> Bool { a.rawValue < b.rawValue }
}

/// Which server is asked next: a state machine without a clock or a network of its own.
///
/// Nearer servers go first; those at one distance take turns. A server that failed is left out for 30 seconds; after
/// that one request tries it, and only its success brings it back. When none is left, those that were left out are
/// asked all the same: an unlikely answer is better than none.
package struct EndpointSelection: Sendable {
    package static let penalty: Duration = .seconds(30)

    private enum State {
        case available
        case out(until: Duration)
        /// Being tried by one request; if that never reports, it counts as failed.
        case probed(until: Duration)
    }

    private let groups: [[Int]]
    private var states: [State]
    private var turn: Int

    /// The turns begin at `start`, which differs from client to client.
    package init(_ distances: [EndpointDistance], start: Int) {
        groups = Dictionary(grouping: distances.indices) { distances[$0] }
            .sorted { $0.key < $1.key }.map(\.value)
        states = distances.map { _ in .available }
        turn = start
    }

    package var count: Int { states.count }

    /// The next server that is not among `tried`; `nil` when all are.
    ///
    /// Whoever asks it tells how it went.
    package mutating func pick(excluding tried: Set<Int>, at now: Duration) -> Int? {
        if tried.isEmpty { turn &+= 1 }
        let order = groups.flatMap { group in
            let first = Int(UInt(bitPattern: turn) % UInt(group.count))
            return group[first...] + group[..<first]
        }
        let untried = order.filter { !tried.contains($0) }
        for index in untried {
            switch states[index] {
            case .available: return index
            case .out(let until), .probed(let until):
                guard until <= now else { continue }
                states[index] = .probed(until: now + Self.penalty)
                return index
            }
        }
        return untried.first
    }

    package mutating func succeeded(_ index: Int) { states[index] = .available }

    package mutating func failed(_ index: Int, at now: Duration) { states[index] = .out(until: now + Self.penalty) }

    /// The request ended without showing anything about the server.
    package mutating func abandoned(_ index: Int, at now: Duration) {
        if case .probed = states[index] { states[index] = .out(until: now) }
    }
}

/// What one call does next: which server it asks, how long it waits, when it gives up.
///
/// Each server is asked once in a round. When a round has failed and there is a failure in it that may pass, another
/// follows after 200 to 999 ms; three at the most.
package struct CallAttempts: Sendable {
    package enum Step: Hashable, Sendable {
        case ask(Int)
        case wait(Duration)
        case giveUp
    }

    package enum Failure: Sendable {
        /// No answer, or the server says that it is busy.
        case passing
        /// Asking the same server again would bring the same.
        case lasting
    }

    private var tried: Set<Int> = []
    private var lasting: Set<Int> = []
    private var hasPassingFailure = false
    private var retries = 0

    package static let maxRetries = 2

    package init() {}

    package mutating func next(
        _ selection: inout EndpointSelection, at now: Duration, using random: inout some RandomNumberGenerator
    ) -> Step {
        if let index = selection.pick(excluding: tried, at: now) {
            tried.insert(index)
            return .ask(index)
        }
        guard hasPassingFailure, retries < Self.maxRetries else { return .giveUp }
        retries += 1
        hasPassingFailure = false
        tried = lasting
        return .wait(.milliseconds(200 + Int.random(in: 0...799, using: &random)))
    }

    package mutating func failed(_ index: Int, _ failure: Failure) {
        switch failure {
        case .passing: hasPassingFailure = true
        case .lasting: lasting.insert(index)
        }
    }

    /// Whether another server can still be asked in this round.
    package func hasOthers(of count: Int) -> Bool { tried.count < count }
}
