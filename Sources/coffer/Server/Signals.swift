import Glibc
import Threading

/// What the operator asks of the running process.
enum Signals: Sendable {
    /// TERM or INT.
    case stop
    /// HUP.
    case reload

    static func stream() -> AsyncStream<Signals> {
        AsyncStream(bufferingPolicy: .bufferingNewest(4)) { continuation in
            let signals = ProcessSignals([SIGTERM, SIGINT, SIGHUP]) { number in
                continuation.yield(number == SIGHUP ? .reload : .stop)
            }
            continuation.onTermination = { _ in signals.cancel() }
        }
    }
}
