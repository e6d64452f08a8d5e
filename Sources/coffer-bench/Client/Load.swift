import Glibc

/// Drives an endpoint with the requests of a book, from plain or TLS connections.
struct Load: Sendable {
    var endpoint: Endpoint
    var connections: Int
    /// Client threads; one is enough for what two shared cores can serve.
    var threads = 1

    /// Blocks until the limit is reached and every request under way has been answered.
    func run(_ book: RequestBook, until limit: Dispenser.Limit) throws -> LoadTally {
        try run(book, Dispenser(limit))
    }

    /// Blocks until the dispenser is empty and every request under way has been answered.
    func run(_ book: RequestBook, _ dispenser: Dispenser) throws -> LoadTally {
        let address = try endpoint.resolve()
        let threads = min(threads, connections)
        if endpoint.isTLS {
            return try TLSLoad.run(
                address: address, endpoint: endpoint, book: book, dispenser: dispenser, connections: connections,
                threads: threads)
        }
        let connections = connections
        let results = onThreads(threads) { index in
            Result {
                let share = connections / threads + (index < connections % threads ? 1 : 0)
                return try LoadLoop(address: address, book: book, dispenser: dispenser).run(connections: share)
            }
        }
        return try results.reduce(into: LoadTally()) { $0.merge(try $1.get()) }
    }

    /// Sends every request of the book once.
    ///
    /// - Throws: ``BenchError`` when one of them fails.
    func runOnce(_ book: RequestBook) throws {
        let tally = try run(book, until: .requests(book.requests.count))
        guard tally.failed == 0 else {
            throw BenchError("\(endpoint.description): preparation failed: \(tally.firstFailure ?? "")")
        }
    }
}
