package import Threading

/// Calls of a key service, by what they were for and how they ended; counting takes no lock.
package final class KeyServiceCounts: Sendable {
    package enum Call: Int, CaseIterable, Sendable {
        case generate, decrypt, wrap, create, describe, list
    }

    package enum Outcome: Int, CaseIterable, Sendable {
        case success
        /// The service answered no: there is no such key, or this server may not use it.
        case refused
        /// It could not be asked, or failed.
        case failed

        init(_ error: KeyServiceError) {
            switch error {
            case .keyNotFound, .keyExists, .invalidKeyID, .notAuthentic, .notAuthorized, .notSupported: self = .refused
            case .unavailable: self = .failed
            }
        }
    }

    private let outcomes = AtomicCounts(Call.allCases.count * Outcome.allCases.count)
    /// Is told of every call that has ended, with nanoseconds and why it failed.
    package typealias Watcher = @Sendable (Call, _ key: String, _ nanoseconds: Int, KeyServiceError?) -> Void

    private let watcher = Adjustable<Watcher?>(nil)
    private let times = Call.allCases.map { _ in Histogram(Histogram.durations) }

    package init() {}

    /// - Parameter watcher: called where calls end: microseconds at most, and nothing that blocks.
    package func watch(_ watcher: @escaping Watcher) { self.watcher.current = watcher }

    /// - Parameter key: the name of the key that it was about; empty for none.
    func count(_ call: Call, _ key: String, _ error: KeyServiceError?, nanoseconds: Int) {
        watcher.current?(call, key, nanoseconds, error)
        let outcome = error.map(Outcome.init) ?? .success
        outcomes.add(at: Self.index(call, outcome))
        times[call.rawValue].record(nanoseconds)
    }

    // MARK: Reading

    package func count(_ call: Call, _ outcome: Outcome) -> Int { outcomes[Self.index(call, outcome)] }

    /// How many calls have ended so, whatever they were for.
    package func count(_ outcome: Outcome) -> Int { Call.allCases.reduce(0) { $0 + count($1, outcome) } }

    /// In nanoseconds.
    package func times(_ call: Call) -> Histogram { times[call.rawValue] }

    private static func index(_ call: Call, _ outcome: Outcome) -> Int {
        call.rawValue * Outcome.allCases.count + outcome.rawValue
    }
}
