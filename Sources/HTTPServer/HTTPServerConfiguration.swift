package struct HTTPServerConfiguration: Sendable {
    /// Where to listen: `host:port`, `[::1]:9000`, or `:9000` for all interfaces; port 0 takes a free one.
    package var addresses: [String]
    /// Nil: plain HTTP.
    package var tls: TLSConfigurationSource?
    package var limits = HTTPLimits()
    /// Threads that do the network and run the handlers; nil: four a core, at least four.
    package var eventLoops: Int?
    /// How long an event loop that has answered looks for more before it sleeps.
    ///
    /// Waking a sleeping processor takes as long as several small requests. It costs up to this much CPU after each
    /// answer, and is done by loops with few connections only, more rarely after it was in vain.
    package var wakefulness = Duration.zero
    /// Offer HTTP/2 to TLS clients.
    package var http2 = false
    /// The bytes sent to a client that speaks plain HTTP to a TLS port, before the connection closes.
    package var plainHTTPAnswer = Array(
        "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n".utf8)
    /// Whether failed TLS handshakes are logged, at info, a bounded number each second.
    package var logsHandshakeErrors = true
    /// The peers whose clients are those that they name; nil: none, every peer is the client itself.
    package var trustedProxies: TrustedProxies?
    /// Sockets that are bound and listen already, by the address that stands for each among ``addresses``.
    ///
    /// They stay open: the server listens on copies.
    package var sockets: [String: Int32] = [:]
    /// Names of headers whose values are secrets, in lower case and from the table of known names.
    ///
    /// Their values are in ``RequestHead/secrets`` alone, in memory that is wiped. That holds for HTTP/1; what reads the
    /// heads of HTTP/2 keeps copies.
    package var secretHeaders: [String] = []
    /// Makes the answer to a request that no handler sees.
    ///
    /// `content-length` and `connection` are added to it.
    package var errorBody: @Sendable (HTTPFault) -> FaultAnswer = HTTPFault.plainAnswer

    package init(addresses: [String], tls: TLSConfigurationSource? = nil) {
        self.addresses = addresses
        self.tls = tls
    }
}

package enum HTTPServerError: Error, Hashable {
    /// Not `host:port`, or a host that has no address.
    case address(String)
    case bind(address: String, errno: Int32)
    /// A certificate or key that is missing, unreadable or does not fit; `reason` names the file.
    case tls(reason: String)
}
