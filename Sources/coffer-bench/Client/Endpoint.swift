import Glibc

/// An address to load, with the credentials to sign for it.
struct Endpoint: Sendable {
    var host: String
    var port: UInt16
    var isTLS: Bool
    var credentials: Credentials
    /// Shown to servers that know their clients by certificates.
    var clientCertificate: ClientCertificate?

    /// The `Host` header as the signature covers it: the port is left out where the scheme implies it.
    var authority: String { port == (isTLS ? 443 : 80) ? host : "\(host):\(port)" }

    var description: String { "\(isTLS ? "https" : "http")://\(authority)" }

    init(host: String = "127.0.0.1", port: UInt16, isTLS: Bool, credentials: Credentials) {
        self.host = host
        self.port = port
        self.isTLS = isTLS
        self.credentials = credentials
    }

    /// Parses `http[s]://host[:port][/]`.
    init(url: String, credentials: Credentials) throws {
        let parts = url.split(separator: "/", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0] == "http:" || parts[0] == "https:" else {
            throw BenchError("not an endpoint URL: \(url) (expected http://host:port)")
        }
        let isTLS = parts[0] == "https:"
        let authority = parts[1].split(separator: ":", omittingEmptySubsequences: false)
        guard authority.count <= 2, let host = authority.first, !host.isEmpty,
            let port = authority.count == 2 ? UInt16(authority[1]) : (isTLS ? 443 : 80)
        else { throw BenchError("not an endpoint URL: \(url)") }
        self.init(host: String(host), port: port, isTLS: isTLS, credentials: credentials)
    }

    /// The IPv4 address of the host.
    func resolve() throws -> sockaddr_in {
        var hints = addrinfo()
        hints.ai_family = AF_INET
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let found else {
            throw BenchError("cannot resolve \(host)")
        }
        defer { freeaddrinfo(found) }
        return UnsafeRawPointer(found.pointee.ai_addr).loadUnaligned(as: sockaddr_in.self)
    }
}

struct Credentials: Sendable {
    var accessKey: String
    var secretKey: String

    /// For servers that ask for none.
    static let none = Credentials(accessKey: "", secretKey: "")
}

struct ClientCertificate: Sendable {
    var certificatePEM: [UInt8]
    var keyPEM: [UInt8]
}
