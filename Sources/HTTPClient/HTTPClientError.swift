/// Why there is no answer.
package enum HTTPClientError: Error, Hashable, CustomStringConvertible {
    /// A certificate, key or directory of the configuration cannot be used; the text names it.
    case configuration(String)
    case invalidRequest(String)
    /// The host's name, or the proxy's, has no address.
    case unresolvable(host: String)
    /// Nothing listens there.
    case refused(String)
    /// No connection, for another reason.
    case unreachable(String)
    /// The server's certificate did not pass: who issued it, when it is valid, or whose it is.
    case untrustedServer(reason: String)
    /// The server ended the handshake, or the connection just after it, with an alert.
    case tlsAlert(TLSAlert)
    /// The handshake failed otherwise.
    case tls(String)
    case timedOut(TimeoutPhase)
    /// The connection ended before the whole answer was there.
    case connectionLost(String)
    case responseTooLarge(limit: Int)
    /// The task was cancelled.
    case cancelled
    /// Too many requests wait already.
    case overloaded
    case other(String)

    package enum TimeoutPhase: Hashable, Sendable {
        /// No connection, handshake included, within `connectTimeout`.
        case connecting
        case response
    }

    /// Whether there was no connection at all.
    package var isNoConnection: Bool {
        switch self {
        case .unresolvable, .refused, .unreachable, .timedOut(.connecting): true
        case .configuration, .invalidRequest, .untrustedServer, .tlsAlert, .tls, .timedOut(.response), .connectionLost,
            .responseTooLarge, .cancelled, .overloaded, .other:
            false
        }
    }

    package var description: String {
        switch self {
        case .configuration(let reason), .invalidRequest(let reason), .other(let reason): reason
        case .unresolvable(let host): "no address for host \(host)"
        case .refused(let where_): "\(where_): connection refused"
        case .unreachable(let reason): reason
        case .untrustedServer(let reason): "the server's certificate is not trusted: \(reason)"
        case .tlsAlert(let alert): "the server refused the TLS connection: \(alert)"
        case .tls(let reason): "TLS: \(reason)"
        case .timedOut(.connecting): "timed out connecting"
        case .timedOut(.response): "timed out waiting for the answer"
        case .connectionLost(let reason): "connection lost: \(reason)"
        case .responseTooLarge(let limit): "the answer is longer than \(limit) bytes"
        case .cancelled: "cancelled"
        case .overloaded: "too many requests are waiting"
        }
    }
}

/// What a server says when it ends a TLS connection, in RFC 8446's terms.
package enum TLSAlert: Hashable, Sendable, CustomStringConvertible {
    case certificateRequired
    case badCertificate
    case certificateExpired
    case certificateUnknown
    case unknownCA
    case accessDenied
    case handshakeFailure
    case protocolVersion
    /// As OpenSSL calls it.
    case other(String)

    init(name: String) {
        let known: [String: TLSAlert] = [
            "certificate required": .certificateRequired, "bad certificate": .badCertificate,
            "certificate expired": .certificateExpired, "certificate unknown": .certificateUnknown,
            "unknown ca": .unknownCA, "access denied": .accessDenied, "handshake failure": .handshakeFailure,
            "protocol version": .protocolVersion,
        ]
        self = known[name] ?? .other(name)
    }

    package var description: String {
        switch self {
        case .certificateRequired: "a client certificate is required"
        case .badCertificate: "bad certificate"
        case .certificateExpired: "the client's certificate has expired"
        case .certificateUnknown: "the client's certificate is not accepted"
        case .unknownCA: "the authority of the client's certificate is unknown"
        case .accessDenied: "access denied"
        case .handshakeFailure: "handshake failure"
        case .protocolVersion: "no common TLS version"
        case .other(let name): name
        }
    }
}
