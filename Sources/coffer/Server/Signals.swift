import Glibc
import Threading

/// What the operator asks of the running process.
enum Signals: Sendable {
    /// TERM or INT.
    case stop
    /// HUP.
    case reload
    /// USR1.
    case toggleDebug

    static func stream() -> AsyncStream<Signals> {
        AsyncStream(bufferingPolicy: .bufferingNewest(4)) { continuation in
            let signals = ProcessSignals([SIGTERM, SIGINT, SIGHUP, SIGUSR1]) { number in
                continuation.yield(number == SIGHUP ? .reload : number == SIGUSR1 ? .toggleDebug : .stop)
            }
            continuation.onTermination = { _ in signals.cancel() }
        }
    }
}
