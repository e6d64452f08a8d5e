/// The figures of one round.
struct RoundResult: Codable, Sendable {
    var operations: Int
    var failures: Int
    /// Requests of the book that were sent, the warm-up's included.
    var requestsTaken: Int
    var seconds: Double
    /// Body bytes moved, both directions.
    var bytes: Int
    var p50Microseconds: Double
    var p99Microseconds: Double
    /// Nil where the server's process cannot be seen.
    var serverCPUSeconds: Double?
    var peakResidentBytes: Int?
    /// CPU time the client took from the same cores.
    var clientCPUSeconds: Double?

    init(
        tally: LoadTally, requestsTaken: Int = 0, seconds: Double, serverCPUSeconds: Double?,
        peakResidentBytes: Int? = nil,
        clientCPUSeconds: Double? = nil
    ) {
        operations = tally.completed
        failures = tally.failed
        self.requestsTaken = requestsTaken
        self.seconds = seconds
        bytes = tally.bytes
        p50Microseconds = tally.latencies.microseconds(at: 0.5)
        p99Microseconds = tally.latencies.microseconds(at: 0.99)
        self.serverCPUSeconds = serverCPUSeconds
        self.peakResidentBytes = peakResidentBytes
        self.clientCPUSeconds = clientCPUSeconds
    }

    var operationsPerSecond: Double { Double(operations) / seconds }
    /// In units of 10⁶ bytes.
    var megabytesPerSecond: Double { Double(bytes) / seconds / 1e6 }
    var cpuMicrosecondsPerOperation: Double? { serverCPUSeconds.map { $0 * 1e6 / Double(max(1, operations)) } }
    /// For 10⁹ bytes.
    var cpuSecondsPerGigabyte: Double? { serverCPUSeconds.map { $0 * 1e9 / Double(max(1, bytes)) } }
    var clientMicrosecondsPerOperation: Double? { clientCPUSeconds.map { $0 * 1e6 / Double(max(1, operations)) } }
}
