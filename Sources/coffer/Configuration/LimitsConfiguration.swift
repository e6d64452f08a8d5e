import HTTPServer
import KESProtocol

/// The bounds of the HTTP engine, from options and `COFFER_HTTP_*`.
extension HTTPLimits {
    init(_ command: ServerCommand, _ environment: Environment) throws(StartFailure) {
        self.init()
        try environment.number("HTTP_HEAD_BYTES") { headBytes = $0 }
        try environment.number("HTTP_HEADER_COUNT") { headerCount = $0 }
        try environment.number("HTTP_HEAD_SECONDS") { headTimeout = .seconds($0) }
        try environment.number("HTTP_IDLE_SECONDS") { idleTimeout = .seconds($0) }
        try environment.number("HTTP_BODY_STALL_SECONDS") {
            bodyStallTimeout = .seconds($0)
            writeStallTimeout = .seconds($0)
        }
        try environment.number("HTTP_WRITE_STALL_SECONDS") { writeStallTimeout = .seconds($0) }
        try environment.number("HTTP_MINIMUM_RATE") { minimumRate = $0 }
        try environment.number("HTTP_CONNECTIONS") { maxConnections = $0 }
        try environment.number("HTTP_CONNECTIONS_PER_PEER") { maxConnectionsPerPeer = $0 }
        if let count = command.connectionsPerPeer {
            guard count > 0 else { throw StartFailure("--connections-per-peer: a number above 0") }
            maxConnectionsPerPeer = count
        }
        var mebibytes: Int?
        try environment.number("HTTP_BODY_MIB") { mebibytes = $0 }
        if let mebibytes = command.bodyMib ?? mebibytes {
            // Less than one fast transfer needs would make every one slow.
            guard (8...1 << 20).contains(mebibytes) else { throw StartFailure("--body-mib: from 8 to 1048576 MiB") }
            bodyBytes = mebibytes << 20
        }
    }
}

extension Environment {
    /// As Go writes durations: `24h`, `90m`.
    func duration(_ name: String) throws(StartFailure) -> Duration? {
        guard let text = value(name) else { return nil }
        guard let duration = try? GoDuration.parse(text), duration > .zero else {
            throw StartFailure("COFFER_\(name): \"\(text)\" is not a time above 0, such as 24h")
        }
        return duration
    }

    func number(_ name: String, _ use: (Int) -> Void) throws(StartFailure) {
        guard let text = value(name) else { return }
        guard let number = Int(text), number > 0 else {
            throw StartFailure("COFFER_\(name): \"\(text)\" is not a number above 0")
        }
        use(number)
    }
}
