import Glibc
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// Reports failed handshakes, at most some each second.
final class HandshakeLog: Sendable {
    private struct Window {
        var end = NIODeadline.uptimeNanoseconds(0)
        var lines = 0
        var suppressed = 0
    }

    private static let linesPerSecond = 10

    private let logger: Logger
    private let isOn: Bool
    private let window = Mutex(Window())

    init(_ logger: Logger, isOn: Bool) {
        self.logger = logger
        self.isOn = isOn
    }

    func report(_ cause: HandshakeFailure, peer: SocketAddress?) {
        guard isOn, let suppressed = admit(.now()) else { return }
        let rest = suppressed == 0 ? "" : " (and \(suppressed) others)"
        logger.info("http: TLS handshake error from \(peer.map(Self.text) ?? "?"): \(cause)\(rest)")
    }

    /// Nil if there has been enough for now, else how many have gone unreported.
    private func admit(_ now: NIODeadline) -> Int? {
        window.withLock { window in
            if window.end <= now {
                window.end = now + .seconds(1)
                window.lines = 0
            }
            guard window.lines < Self.linesPerSecond else {
                window.suppressed += 1
                return nil
            }
            window.lines += 1
            defer { window.suppressed = 0 }
            return window.suppressed
        }
    }

    private static func text(_ address: SocketAddress) -> String {
        let host = address.numericHost
        return "\(host.contains(":") ? "[\(host)]" : host):\(address.port ?? 0)"
    }
}

/// Why there is no TLS connection.
enum HandshakeFailure: CustomStringConvertible {
    case plainHTTP
    case timeout
    /// The client's certificate is not accepted.
    case refused(String)
    case failed(any Error)

    var description: String {
        switch self {
        case .plainHTTP: "client sent an HTTP request to an HTTPS server"
        case .timeout: "i/o timeout"
        case .refused(let reason): "tls: failed to verify certificate: \(reason)"
        case .failed(let error): Self.text(error)
        }
    }

    private static func text(_ error: any Error) -> String {
        switch error {
        case NIOSSLError.handshakeFailed(.sslError(let stack)):
            stack.contains(.eofDuringHandshake) ? "EOF" : stack.first.map { reason("\($0)") } ?? "unknown"
        case NIOSSLError.handshakeFailed(let error): "\(error)"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        default: "\(error)"
        }
    }

    /// Cuts `Error: 268435581 error:1000007d:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED at …:298` down to
    /// its reason.
    private static func reason(_ line: String) -> String {
        guard let mark = line.firstRange(of: "OPENSSL_internal:") else { return line }
        return String(line[mark.upperBound...].prefix { $0 != " " }.lowercased().map { $0 == "_" ? " " : $0 })
    }
}
