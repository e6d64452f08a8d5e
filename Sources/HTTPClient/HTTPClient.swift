import Locking
import Synchronization

/// An HTTP/1.1 client on libcurl: connections that are kept, each driven by a thread of its own while it works.
///
/// Calls suspend the task and never block its thread. A client is made once and used for all requests to the servers
/// of one purpose: they share its trust and its client certificate.
package final class HTTPClient: Sendable {
    private let handles: HandlePool
    private let workers: WorkerPool
    private let openStreams = Atomic(0)

    /// Reads the certificates that the configuration names.
    package init(_ configuration: HTTPClientConfiguration) throws(HTTPClientError) {
        handles = HandlePool(try TransferSettings(configuration))
        workers = WorkerPool(maxThreads: configuration.maxConnections, maxWaiting: configuration.maxWaiting)
    }

    deinit { workers.close() }

    /// Uses another configuration for connections to come; the number of threads stays as it was.
    ///
    /// On failure the old one stays in force.
    package func replace(_ configuration: HTTPClientConfiguration) throws(HTTPClientError) {
        handles.replace(try TransferSettings(configuration))
    }

    /// The answer to the request, whatever its status.
    package func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
        let exchange = Exchange()
        let deadline = ContinuousClock.now + request.timeout
        let isQueued = workers.submit { [handles] in
            exchange.finish(Self.perform(request, until: deadline, for: exchange, with: handles))
        }
        guard isQueued else { throw .overloaded }
        return try await exchange.outcome().get()
    }

    private static func perform(
        _ request: HTTPClientRequest, until deadline: ContinuousClock.Instant, for exchange: Exchange,
        with handles: HandlePool
    ) -> Exchange.Outcome {
        if exchange.isCancelled { return .failure(.cancelled) }
        let left = deadline - .now
        guard left > .zero else { return .failure(.timedOut(.response)) }
        do throws(HTTPClientError) {
            let handle = try handles.take()
            defer { handles.put(handle) }
            return .success(try handle.perform(request, within: left, for: exchange))
        } catch {
            return .failure(error)
        }
    }

    /// Opens a stream of lines; returns when the response's head is there.
    ///
    /// The stream has a thread and a connection of its own for as long as it is open.
    package func open(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPLineStream {
        let settings = handles.settings
        let feed = LineFeed(maxLineBytes: request.maxResponseBytes)
        guard openStreams.add(1, ordering: .relaxed).newValue <= settings.configuration.maxStreams else {
            openStreams.subtract(1, ordering: .relaxed)
            throw .overloaded
        }
        let isStarted = ThreadStart.detached(name: "coffer-lines") { [self] in
            defer { openStreams.subtract(1, ordering: .relaxed) }
            do throws(HTTPClientError) {
                try EasyHandle(settings).stream(request, to: feed)
                feed.end(nil)
            } catch {
                feed.end(error)
            }
        }
        guard isStarted else {
            openStreams.subtract(1, ordering: .relaxed)
            throw .overloaded
        }
        return HTTPLineStream(status: try await feed.status(), feed: feed)
    }
}
