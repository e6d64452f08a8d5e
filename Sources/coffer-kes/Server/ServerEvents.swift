import Dispatch
import Glibc
import KESService
import Threading

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
    private let signals: ProcessSignals
    private let timer: any DispatchSourceTimer

    init(upkeepEvery interval: DispatchTimeInterval, _ continuation: AsyncStream<ServerEvent>.Continuation) {
        signals = ProcessSignals([SIGTERM, SIGINT, SIGHUP]) { number in
            continuation.yield(number == SIGHUP ? .reload : .stop)
        }
        timer = DispatchSource.makeTimerSource(queue: .global())
        timer.schedule(deadline: .now() + interval, repeating: interval)
        timer.setEventHandler { continuation.yield(.upkeep) }
        timer.resume()
    }

    func cancel() {
        signals.cancel()
        timer.cancel()
    }
}
