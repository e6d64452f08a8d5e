import Dispatch
import Glibc

/// What the operator asks of the running process.
enum Signals: Sendable {
    /// TERM or INT.
    case stop
    /// HUP.
    case reload

    static func stream() -> AsyncStream<Signals> {
        AsyncStream(bufferingPolicy: .bufferingNewest(4)) { continuation in
            let sources = [(SIGTERM, Signals.stop), (SIGINT, .stop), (SIGHUP, .reload)].map { number, meaning in
                // The default action would end the process before the source sees the signal.
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { continuation.yield(meaning) }
                source.resume()
                return source
            }
            let held = HeldSources(sources)
            continuation.onTermination = { _ in held.cancel() }
        }
    }
}

/// Keeps signal sources alive until the stream ends.
private final class HeldSources: @unchecked Sendable {
    // Unchecked: the array is never changed, and Dispatch's sources may be cancelled from any thread.
    private let sources: [any DispatchSourceSignal]

    init(_ sources: [any DispatchSourceSignal]) { self.sources = sources }

    func cancel() {
        for source in sources { source.cancel() }
    }
}
