import HTTPServer
package import Logging
package import Requests

/// What happens on the server, for those who watch.
package struct AdminStreams: Sendable {
    package let trace: TraceFeed
    package let log: LogFeed
    /// The server's name, `host:port`.
    package let node: @Sendable () -> String
    private let logger: Logger

    package init(
        trace: TraceFeed = TraceFeed(node: { "" }), log: LogFeed = LogFeed(),
        node: @escaping @Sendable () -> String = { "" },
        logger: Logger = Logger(label: "coffer.streams") { _ in SwiftLogNoOpLogHandler() }
    ) {
        self.trace = trace
        self.log = log
        self.node = node
        self.logger = logger
    }

    /// Says that a client was cut off because it took too little.
    func noteSlow(_ what: String, _ request: AdminRequest) {
        logger.notice(
            "who followed the \(what) took too little of it, and was cut off",
            metadata: ["client": "\(request.connection.remoteAddress)"])
    }
}
