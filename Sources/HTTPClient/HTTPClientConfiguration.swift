/// How a client reaches servers, whom it trusts and who it says it is.
package struct HTTPClientConfiguration: Sendable {
    /// A certificate chain (leaf first) and its private key, both in PEM.
    ///
    /// A certificate from files is read once, when the client is made or its configuration replaced.
    package enum ClientCertificate: Sendable {
        case files(certificate: String, key: String, password: [UInt8]?)
        case pem(certificate: [UInt8], key: [UInt8], password: [UInt8]?)
    }

    /// False: any server certificate will do, for any name.
    package var verifiesServer = true
    /// Whether the system's roots are trusted: the variables `SSL_CERT_FILE` and `SSL_CERT_DIR`, else what libcurl was
    /// built to use.
    package var trustsSystem = true
    /// Files, or directories all of whose files, hold certificates that are trusted besides.
    package var caPaths: [String] = []
    /// Certificates in PEM that are trusted besides.
    package var trustedCertificates: [UInt8] = []
    package var clientCertificate: ClientCertificate?

    /// For the name's resolution, the TCP connection and the TLS handshake together.
    package var connectTimeout: Duration = .seconds(5)
    /// A connection idle for longer is not used again.
    ///
    /// Below the 90 s after which KES closes it.
    package var idleConnectionAge: Duration = .seconds(60)
    /// A connection is not used for longer than this, so that changed addresses and certificates come into force.
    package var connectionAge: Duration = .seconds(600)
    /// Requests that are under way at one time, each on a connection of its own; others wait.
    package var maxConnections = 8
    /// Requests that may wait.
    package var maxWaiting = 4096
    /// Streams of lines that may be open at one time.
    package var maxStreams = 16
    /// Connects through this Unix-domain socket instead of to the URL's host.
    package var unixSocket: String?
    package var userAgent = "coffer"
    /// Whether the environment's proxies are used: for what is neither on this machine nor on its own link.
    package var usesProxies = true

    package init() {}
}
