package struct HTTPServerConfiguration: Sendable {
    /// Where to listen: `host:port`, `[::1]:9000`, or `:9000` for all interfaces; port 0 takes a free one.
    package var addresses: [String]
    /// Nil: plain HTTP.
    package var tls: TLSConfigurationSource?
    package var limits = HTTPLimits()
    /// Threads that do the network and run the handlers; nil: four a core, at least four.
    package var eventLoops: Int?
    /// Makes the answer to a request that no handler sees.
    ///
    /// `content-length` and `connection` are added to it.
    package var errorBody: @Sendable (HTTPFault) -> FaultAnswer = HTTPFault.plainAnswer

    package init(addresses: [String], tls: TLSConfigurationSource? = nil) {
        self.addresses = addresses
        self.tls = tls
    }
}

/// A directory with the server's certificates: `public.crt` (PEM, leaf first, then its chain) and `private.key` (PEM,
/// unencrypted PKCS#8, PKCS#1 or SEC1; RSA, ECDSA or Ed25519), and one sub-directory of the same form for every further
/// server name, called after it.
package struct TLSConfigurationSource: Sendable {
    package enum ClientCertificate: Sendable {
        case none
        /// Ask for one, go on without; any certificate whose key the client holds is accepted and handed to handlers.
        case requested
    }

    package var directory: String
    package var clientCertificate = ClientCertificate.none
    /// How often the files' modification times are looked at; nil: only `HTTPServer.reloadTLS()` reloads.
    package var pollInterval: Duration? = .seconds(5)

    package init(directory: String, clientCertificate: ClientCertificate = .none) {
        self.directory = directory
        self.clientCertificate = clientCertificate
    }
}

package enum HTTPServerError: Error, Hashable {
    /// Not `host:port`, or a host that has no address.
    case address(String)
    case bind(address: String, errno: Int32)
    /// A certificate or key that is missing, unreadable or does not fit; `reason` names the file.
    case tls(reason: String)
}
