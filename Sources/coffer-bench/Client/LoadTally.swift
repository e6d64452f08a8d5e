/// What one thread, or a whole load, has seen.
struct LoadTally: Sendable {
    private(set) var completed = 0
    private(set) var failed = 0
    /// Body bytes of completed requests, both directions.
    private(set) var bytes = 0
    private(set) var latencies = LatencyHistogram()
    private(set) var firstFailure: String?

    mutating func complete(nanoseconds: UInt64, bytes: Int) {
        completed += 1
        self.bytes += bytes
        latencies.record(nanoseconds: nanoseconds)
    }

    mutating func fail(_ reason: String) {
        failed += 1
        if firstFailure == nil { firstFailure = reason }
    }

    mutating func merge(_ other: LoadTally) {
        completed += other.completed
        failed += other.failed
        bytes += other.bytes
        latencies.merge(other.latencies)
        if firstFailure == nil { firstFailure = other.firstFailure }
    }
}
