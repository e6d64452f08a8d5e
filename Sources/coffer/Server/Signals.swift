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
    /// By an administrator's request.
    case restart
    /// By the drive: what was written last may be lost.
    case driveLost

    /// What comes, and where an administrator's request comes in.
    static func stream() -> (signals: AsyncStream<Signals>, control: ProcessControl) {
        let (stream, continuation) = AsyncStream.makeStream(of: Signals.self, bufferingPolicy: .bufferingNewest(4))
        let signals = ProcessSignals([SIGTERM, SIGINT, SIGHUP, SIGUSR1]) { number in
            continuation.yield(number == SIGHUP ? .reload : number == SIGUSR1 ? .toggleDebug : .stop)
        }
        continuation.onTermination = { _ in signals.cancel() }
        return (stream, ProcessControl(signals: continuation))
    }
}
