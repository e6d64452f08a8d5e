package import Cryptography

/// The head of a request, as the client sent it.
///
/// A class, because it goes along with its request: a copy is one reference.
package final class RequestHead: Sendable {
    /// The method in upper case, such as `GET`.
    package let method: String
    /// The request target byte for byte: still percent-encoded, with its query; origin-form, absolute-form or `*`.
    package let target: String
    /// 0 for HTTP/1.0, 1 for HTTP/1.1.
    package let versionMinor: Int
    /// Names in lower case, values without surrounding white space, in arrival order.
    ///
    /// Values that are not UTF-8 were read as Latin-1. Those of secret headers are empty here.
    package let headers: [(name: String, value: String)]
    /// The headers whose values are secret (`HTTPServerConfiguration.secretHeaders`), in arrival order.
    ///
    /// There is no other copy of the values: where they came in they have been overwritten.
    package let secrets: [(name: String, value: SecretBytes)]

    package init(
        method: String, target: String, versionMinor: Int, headers: [(name: String, value: String)],
        secrets: [(name: String, value: SecretBytes)] = []
    ) {
        self.method = method
        self.target = target
        self.versionMinor = versionMinor
        self.headers = headers
        self.secrets = secrets
    }

    /// The target without the scheme and the authority of an absolute-form: path and query, byte for byte.
    ///
    /// `/` where an absolute-form has no path; anything else that is not in origin-form as it came.
    package var originForm: String {
        if target.utf8.first == UInt8(ascii: "/") { return target }
        let scheme = target.utf8.prefix(8).map { $0 | 0x20 }
        let count = scheme.starts(with: "https://".utf8) ? 8 : scheme.starts(with: "http://".utf8) ? 7 : 0
        guard count > 0 else { return target }
        let rest = target.utf8.dropFirst(count)
        guard let end = rest.firstIndex(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }) else {
            return "/"
        }
        return (rest[end] == UInt8(ascii: "?") ? "/" : "") + target[end...]
    }

    /// The value of the first header called `name`, which is in lower case.
    package func header(_ name: String) -> String? {
        let count = name.utf8.count
        for header in headers where header.name.utf8.count == count && header.name == name { return header.value }
        return nil
    }

    /// The values of all headers called `name`, which is in lower case, in arrival order.
    package func headers(named name: String) -> [String] {
        headers.compactMap { $0.name == name ? $0.value : nil }
    }
}

/// What a handler may know of the connection a request came in on.
package struct ConnectionInfo: Sendable {
    package let isTLS: Bool
    /// The version of TLS that was agreed on, such as `1.3`; `nil` on a plain connection.
    package let tlsVersion: String?
    /// The client's numeric address without its port; an IPv4 address is written as such on a dual-stack socket too.
    ///
    /// That of the peer, or the one that a trusted proxy has named.
    package let remoteAddress: String
    /// The port the connection was accepted on.
    package let localPort: Int
    /// The certificates the client sent, in DER, leaf first; empty when the server asked for none or got none.
    ///
    /// The client has proved that it holds the key of the first; what else has been verified depends on
    /// `TLSConfigurationSource.clientCertificate`.
    package let peerCertificates: [[UInt8]]

    package init(
        isTLS: Bool, tlsVersion: String? = nil, remoteAddress: String, localPort: Int,
        peerCertificates: [[UInt8]] = []
    ) {
        self.isTLS = isTLS
        self.tlsVersion = tlsVersion
        self.remoteAddress = remoteAddress
        self.localPort = localPort
        self.peerCertificates = peerCertificates
    }

    /// The same of a request that a proxy has passed on for another client.
    func forwarded(for client: String) -> ConnectionInfo {
        ConnectionInfo(
            isTLS: isTLS, tlsVersion: tlsVersion, remoteAddress: client, localPort: localPort,
            peerCertificates: peerCertificates)
    }
}

package struct HTTPRequest: Sendable {
    package let head: RequestHead
    package let body: RequestBody
    package let connection: ConnectionInfo

    package init(head: RequestHead, body: RequestBody, connection: ConnectionInfo) {
        self.head = head
        self.body = body
        self.connection = connection
    }
}

/// The head of a response.
///
/// The server itself adds `date` (unless given), `content-length` or `transfer-encoding`, and `connection`.
package struct ResponseHead: Sendable {
    package var status: Int
    /// Names as they go out; control bytes in a value are sent as spaces, so no value can end its line.
    package var headers: [(name: String, value: String)]
    /// Bytes of the body; nil sends it chunked (HTTP/1.1) or up to the connection's end (HTTP/1.0).
    ///
    /// Ignored where the status has no body (1xx, 204); in answers to HEAD and with 304 it is what a GET would have
    /// had.
    package var contentLength: Int64?

    package init(status: Int, headers: [(name: String, value: String)] = [], contentLength: Int64?) {
        self.status = status
        self.headers = headers
        self.contentLength = contentLength
    }
}

extension ResponseHead {
    /// The words that go with a status.
    package static func reason(_ status: Int) -> String { ResponseHeadEncoder.reason(status) }
}
