/// One request, as the stream of audit events tells it.
package struct AuditEvent: KESDocument {
    package var time: RFC3339Time
    /// Left out when empty.
    package var ip: String
    package var path: String
    /// Left out when empty.
    package var identity: String
    /// The HTTP status of the answer.
    package var code: Int
    /// How long the answer took, in nanoseconds.
    package var responseTime: Int64

    package init(time: RFC3339Time, ip: String, path: String, identity: String, code: Int, responseTime: Int64) {
        self.time = time
        self.ip = ip
        self.path = path
        self.identity = identity
        self.code = code
        self.responseTime = responseTime
    }
}

/// One line of the error log.
package struct ErrorEvent: KESDocument {
    package var message: String

    package init(message: String) { self.message = message }
}
