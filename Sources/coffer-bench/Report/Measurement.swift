import Glibc

/// Rounds of one load on one endpoint, with the CPU time and memory that its process takes meanwhile.
struct Measurement: Sendable {
    var load: Load
    /// The server's process, where it can be seen.
    var process: pid_t?
    var duration: Duration
    var warmUp: Double

    enum Duration: Sendable {
        case seconds(Double)
        case requests(Int)
    }

    /// Warms up, then measures from the first request to the last answer.
    func round(_ book: RequestBook) throws -> RoundResult {
        let unmeasured = Dispenser(.until(monotonicNanoseconds() + UInt64(warmUp * 1e9)))
        _ = try load.run(book, unmeasured)
        if let process { ProcessStatistics.resetPeak(of: process) }
        let before = process.flatMap { ProcessStatistics(of: $0) }
        let clientBefore = ownCPUSeconds()
        let start = monotonicNanoseconds()
        let limit: Dispenser.Limit =
            switch duration {
            case .seconds(let seconds): .until(start + UInt64(seconds * 1e9))
            case .requests(let count): .requests(count)
            }
        // Goes on where the warm-up has stopped, so that uploads do not begin with overwriting.
        let dispenser = Dispenser(limit, from: unmeasured.end)
        let tally = try load.run(book, dispenser)
        let seconds = Double(monotonicNanoseconds() - start) / 1e9
        let clientCPU = ownCPUSeconds() - clientBefore
        let after = process.flatMap { ProcessStatistics(of: $0) }
        guard tally.completed > 0 else {
            throw BenchError("\(load.endpoint.description): no request succeeded: \(tally.firstFailure ?? "")")
        }
        if let failure = tally.firstFailure {
            complain("\(load.endpoint.description): \(tally.failed) requests failed, the first with: \(failure)")
        }
        return RoundResult(
            tally: tally, requestsTaken: dispenser.end, seconds: seconds,
            serverCPUSeconds: before.flatMap { before in after.map { $0.cpuSeconds - before.cpuSeconds } },
            peakResidentBytes: after?.peakResidentBytes, clientCPUSeconds: clientCPU)
    }
}

/// Writes a line to the terminal, beside the report on standard output.
func complain(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    _ = write(2, bytes, bytes.count)
}

/// Sends on what has been printed, for those who watch a long run through a pipe.
func flushReport() { fflush(nil) }
