package import Logging
package import NIOCore

package final class HTTPServer: Sendable {
    /// The bound addresses, with their real ports, in the configuration's order.
    package let addresses: [SocketAddress]

    init(addresses: [SocketAddress]) {
        self.addresses = addresses
    }

    package static func start(
        _ configuration: HTTPServerConfiguration, handler: any HTTPHandler, logger: Logger
    ) async throws(HTTPServerError) -> HTTPServer {
        HTTPServer(addresses: [])
    }

    package func reloadTLS() throws(HTTPServerError) {}

    package func shutdown(grace: Duration) async {}
}
