import FoundationEssentials
package import HTTPClient
package import Logging
package import Requests
import Threading

/// Sends a span for each request to a collector, by OTLP over HTTP, in batches and apart from the requests.
///
/// What waits is bounded: while a collector is slow or away, spans are dropped and counted, and requests go on.
package final class TraceExporter: RequestObserver {
    private struct State {
        var waiting = FIFOQueue<CompletedRequest>()
        var dropped = 0
    }

    /// Requests that wait, each of some kilobytes at most.
    private static let capacity = 2048
    private static let batch = 512
    private static let interval = Duration.seconds(1)
    /// How often a batch is sent that a collector cannot take for the moment.
    private static let attempts = 4

    private let target: TraceTarget
    private let client: HTTPClient
    private let logger: Logger
    private let state = ShortLock(State())

    package init(_ target: TraceTarget, logger: Logger) throws(HTTPClientError) {
        self.target = target
        self.logger = logger
        client = try HTTPClient(target.transport)
    }

    package func observe(_ request: CompletedRequest) {
        // Probes come every second, and have no caller who would ask about them.
        guard request.service != .health else { return }
        state.withLock { state in
            guard state.waiting.count < Self.capacity else {
                state.dropped += 1
                return
            }
            state.waiting.append(request)
        }
    }

    /// Sends what comes, until it is cancelled; then once more what waits.
    package func run() async {
        while (try? await Task.sleep(for: Self.interval)) != nil { await sendAll() }
        // Cancelled: what follows must not be.
        await Task { await self.sendAll() }.value
    }

    private func sendAll() async {
        while true {
            let (requests, dropped) = state.withLock { state in
                var requests: [CompletedRequest] = []
                while requests.count < Self.batch, let request = state.waiting.popFirst() { requests.append(request) }
                defer { state.dropped = 0 }
                return (requests, state.dropped)
            }
            if dropped > 0 {
                logger.warning("spans were dropped: the collector is too slow", metadata: ["spans": "\(dropped)"])
            }
            guard !requests.isEmpty else { return }
            let spans = requests.compactMap { OTLPSpan($0, target.sampler) }
            if !spans.isEmpty { await send(spans) }
        }
    }

    private func send(_ spans: [OTLPSpan]) async {
        // Documents are of strings, numbers and lists, none of which fails to encode.
        guard let body = try? JSONEncoder().encode(OTLPDocument(spans, of: target.resource)) else { return }
        var request = HTTPClientRequest(.post, target.endpoint)
        request.headers = target.headers + [("content-type", "application/json")]
        request.body = [UInt8](body)
        var failure = ""
        for attempt in 1...Self.attempts {
            do {
                let status = try await client.send(request).status
                if (200..<300).contains(status) { return }
                failure = "it answered \(status)"
                guard status == 429 || (502...504).contains(status) else { break }
            } catch {
                failure = "\(error)"
            }
            guard attempt < Self.attempts, (try? await Task.sleep(for: .milliseconds(250 << attempt))) != nil else {
                break
            }
        }
        logger.warning("spans were not taken", metadata: ["spans": "\(spans.count)", "cause": "\(failure)"])
    }
}
