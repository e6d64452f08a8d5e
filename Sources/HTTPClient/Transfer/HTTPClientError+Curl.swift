import CCurl
import Glibc

extension HTTPClientError {
    /// The error behind one of libcurl's codes and its text.
    ///
    /// `systemError` is the error number of the failed system call, or 0.
    init(_ code: CURLcode, text: String, systemError: Int32, limit: Int) {
        switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
            self = text.contains("HTTP/0.9") ? .other("the answer is not HTTP") : .invalidRequest(text)
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            self = .unresolvable(host: Self.behind(": ", in: text) ?? text)
        case CURLE_COULDNT_CONNECT:
            self = Self.unconnected(text, systemError)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
            self = .untrustedServer(reason: Self.verificationReason(text))
        case CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_CRL_BADFILE:
            self = .configuration(text)
        case CURLE_SSL_CONNECT_ERROR:
            self = Self.alert(in: text) ?? Self.brokenHandshake(text)
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR:
            self = Self.alert(in: text) ?? .connectionLost(text)
        case CURLE_GOT_NOTHING:
            self = .connectionLost("the server closed it without an answer")
        case CURLE_PARTIAL_FILE:
            self = .connectionLost("the answer is cut short")
        case CURLE_OPERATION_TIMEDOUT:
            self = .timedOut(Self.isConnecting(text) ? .connecting : .response)
        case CURLE_WRITE_ERROR: self = .responseTooLarge(limit: limit)
        case CURLE_ABORTED_BY_CALLBACK: self = .cancelled
        default: self = .other(text)
        }
    }

    private static func unconnected(_ text: String, _ systemError: Int32) -> HTTPClientError {
        // “Failed to connect to HOST port N after T ms: Couldn't connect to server”
        let words = text.split(separator: " ")
        let place = words.count > 6 && text.hasPrefix("Failed to connect to ") ? "\(words[4]):\(words[6])" : text
        if systemError == ECONNREFUSED { return .refused(place) }
        if systemError == ETIMEDOUT { return .timedOut(.connecting) }
        return .unreachable(systemError == 0 ? text : "\(place): \(String(cString: strerror(systemError)))")
    }

    /// What stands behind “SSL certificate problem: ”, or behind “SSL: ” when it is about names.
    private static func verificationReason(_ text: String) -> String {
        if text.hasPrefix("SSL certificate problem: ") { return behind("problem: ", in: text) ?? text }
        return text.hasPrefix("SSL: ") ? String(text.dropFirst(5)) : text
    }

    /// What stands between “alert” and the comma in “…:SSL routines::tlsv13 alert certificate required, errno 0”.
    private static func alert(in text: String) -> HTTPClientError? {
        guard text.contains("SSL routines"), let rest = behind(" alert ", in: text) else { return nil }
        return .tlsAlert(TLSAlert(name: String(rest.prefix { $0 != "," && $0 != ":" })))
    }

    private static func brokenHandshake(_ text: String) -> HTTPClientError {
        if text.contains("reset by peer") || text.contains("SSL_ERROR_SYSCALL") || text.contains("unexpected eof") {
            return .connectionLost("during the TLS handshake")
        }
        if text.contains("wrong version number") { return .tls("the server does not speak TLS on this port") }
        return .tls(behind("SSL routines::", in: text) ?? text)
    }

    private static func isConnecting(_ text: String) -> Bool {
        text.hasPrefix("Connection time") || text.hasPrefix("SSL connection timeout") || text.contains("esolving timed")
            || text.hasPrefix("Failed to connect")
    }

    private static func behind(_ mark: String, in text: String) -> String? {
        let mark = Array(mark.utf8)
        let bytes = Array(text.utf8)
        guard bytes.count >= mark.count else { return nil }
        for start in 0...(bytes.count - mark.count) where bytes[start...].starts(with: mark) {
            return String(decoding: bytes[(start + mark.count)...], as: UTF8.self)
        }
        return nil
    }
}
