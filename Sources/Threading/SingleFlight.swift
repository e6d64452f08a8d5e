/// Work that several ask for at the same time is done once, and all get its outcome.
///
/// The work is a task of its own: who is cancelled goes on at once, and nobody's cancellation ends what others wait
/// for. So whoever waits does so no longer than the work takes, which has to be bounded by itself.
package final class SingleFlight<Key: Hashable & Sendable, Answer: Sendable, Failure: Error>: Sendable {
    package typealias Outcome = Result<Answer, Failure>

    private let flights = ShortLock<[Key: [PendingAnswer<Outcome>]]>([:])

    package init() {}

    /// The outcome of the work for `key` that is under way, else of `work`, which begins.
    ///
    /// - Parameters:
    ///   - cancelled: what is thrown when the calling task is cancelled first.
    ///   - work: must look itself whether it is still to be done: other work for the key may have ended just before.
    package func outcome(
        _ key: Key, cancelled: Failure, _ work: @escaping @Sendable () async throws(Failure) -> Answer
    ) async throws(Failure) -> Answer {
        let mine = PendingAnswer<Outcome>()
        let isFirst = flights.withLock { flights in
            flights[key, default: []].append(mine)
            return flights[key]?.count == 1
        }
        if isFirst {
            Task {
                let outcome: Outcome
                do throws(Failure) {
                    outcome = .success(try await work())
                } catch {
                    outcome = .failure(error)
                }
                land(key, outcome)
            }
        }
        return try await mine.wait(cancelled: .failure(cancelled)).get()
    }

    private func land(_ key: Key, _ outcome: Outcome) {
        let waiting = flights.withLock { $0.removeValue(forKey: key) } ?? []
        for one in waiting { one.give(outcome) }
    }
}
