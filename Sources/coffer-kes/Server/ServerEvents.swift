import Dispatch
import Glibc
import KESService

/// What makes the running server do something besides serving.
enum ServerEvent: Sendable {
    /// TERM or INT.
    case stop
    /// HUP.
    case reload
    /// Time to look after the certificates.
    case upkeep
    /// An attempt to open a key store is over; attempts are numbered.
    case opened(attempt: Int, Result<KeyVault, KeyStoreOpening.Failure>)
}

/// The events, one after the other, and the signals and the timer that they come from.
final class ServerEvents: Sendable {
    let stream: AsyncStream<ServerEvent>
    let continuation: AsyncStream<ServerEvent>.Continuation
    private let sources: EventSources

    /// - Parameter seconds: Between two `upkeep`s.
    init(upkeepEvery seconds: Int) {
        let (stream, continuation) = AsyncStream<ServerEvent>.makeStream(bufferingPolicy: .bufferingNewest(16))
        self.stream = stream
        self.continuation = continuation
        sources = EventSources(upkeepEvery: .seconds(seconds), continuation)
    }

    deinit { sources.cancel() }
}

private final class EventSources: @unchecked Sendable {
    // Unchecked: nothing here is ever changed, and Dispatch's sources may be cancelled from any thread.
    private let signals: [any DispatchSourceSignal]
    private let timer: any DispatchSourceTimer

    init(upkeepEvery interval: DispatchTimeInterval, _ continuation: AsyncStream<ServerEvent>.Continuation) {
        let queue = DispatchQueue.global()
        signals = [(SIGTERM, ServerEvent.stop), (SIGINT, .stop), (SIGHUP, .reload)].map { number, event in
            // The default action would end the process before the source sees the signal.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { continuation.yield(event) }
            source.resume()
            return source
        }
        timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(deadline: .now() + interval, repeating: interval)
        timer.setEventHandler { continuation.yield(.upkeep) }
        timer.resume()
    }

    func cancel() {
        for source in signals { source.cancel() }
        timer.cancel()
    }
}
