import KESProtocol

/// `GET /v1/log/error`: the events of the log of failures and refusals, as they happen.
enum ErrorLogRoute: StreamRoute {
    static let route = Route(.errorLog, timeout: .zero, isCounted: false, .stream(Self.self))

    static func feed(of logs: KESLogs) -> EventFeed { logs.error.events.feed }
}
