import HTTPServer

/// The bounds of the HTTP engine, from `COFFER_HTTP_*`.
extension HTTPLimits {
    init(_ environment: Environment) throws(StartFailure) {
        self.init()
        try environment.number("HTTP_HEAD_BYTES") { headBytes = $0 }
        try environment.number("HTTP_HEADER_COUNT") { headerCount = $0 }
        try environment.number("HTTP_HEAD_SECONDS") { headTimeout = .seconds($0) }
        try environment.number("HTTP_IDLE_SECONDS") { idleTimeout = .seconds($0) }
        try environment.number("HTTP_BODY_STALL_SECONDS") {
            bodyStallTimeout = .seconds($0)
            writeStallTimeout = .seconds($0)
        }
        try environment.number("HTTP_CONNECTIONS") { maxConnections = $0 }
    }
}

extension Environment {
    func number(_ name: String, _ use: (Int) -> Void) throws(StartFailure) {
        guard let text = value(name) else { return }
        guard let number = Int(text), number > 0 else {
            throw StartFailure("COFFER_\(name): \"\(text)\" is not a number above 0")
        }
        use(number)
    }
}
