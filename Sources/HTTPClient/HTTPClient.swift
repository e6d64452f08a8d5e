import Synchronization
import Threading

/// An HTTP/1.1 client on libcurl: connections that are kept, all of them driven by one thread.
///
/// Calls suspend the task and never block its thread. A client is made once and used for all requests to the servers
/// of one purpose: they share its trust and its client certificate.
package final class HTTPClient: Sendable {
    private let currentLoop: ShortLock<TransferLoop>
    private let openStreams = Atomic(0)

    /// Reads the certificates that the configuration names.
    package init(_ configuration: HTTPClientConfiguration) throws(HTTPClientError) {
        currentLoop = ShortLock(try TransferLoop(try TransferSettings(configuration)))
    }

    deinit { loop.close() }

    private var loop: TransferLoop { currentLoop.withLock { $0 } }

    /// Uses another configuration for requests to come; connections of the old one end with the requests that they serve.
    ///
    /// On failure the old one stays in force.
    package func replace(_ configuration: HTTPClientConfiguration) throws(HTTPClientError) {
        let new = try TransferLoop(try TransferSettings(configuration))
        let old = currentLoop.withLock { current in
            defer { current = new }
            return current
        }
        old.close()
    }

    /// The answer to the request, whatever its status.
    package func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
        let exchange = Exchange()
        let deadline = ContinuousClock.now + request.timeout
        while true {
            let loop = loop
            if loop.submit(request, until: deadline, for: exchange) {
                return try await exchange.outcome { loop.cancel(exchange) }.get()
            }
            // It may have been replaced meanwhile.
            guard loop !== self.loop else { throw .overloaded }
        }
    }

    /// Opens a stream of lines; returns when the response's head is there.
    ///
    /// The stream has a thread and a connection of its own for as long as it is open.
    package func open(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPLineStream {
        let settings = loop.settings
        let feed = LineFeed(maxLineBytes: request.maxResponseBytes)
        guard openStreams.add(1, ordering: .relaxed).newValue <= settings.configuration.maxStreams else {
            openStreams.subtract(1, ordering: .relaxed)
            throw .overloaded
        }
        let isStarted = SystemThread.detached(name: "coffer-lines") { [self] in
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
