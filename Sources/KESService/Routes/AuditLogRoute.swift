import KESProtocol

/// `GET /v1/log/audit`: the events of the log of requests, as they happen.
enum AuditLogRoute: StreamRoute {
    static let route = Route(.auditLog, timeout: .zero, isCounted: false, .stream(Self.self))

    static func feed(of logs: KESLogs) -> EventFeed { logs.audit.events.feed }
}
