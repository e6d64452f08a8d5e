/// Where the server's certificates come from and what it asks of its clients.
package struct TLSConfigurationSource: Sendable {
    package enum Certificates: Sendable {
        /// Makes an unencrypted PEM text of a key file's, which may be encrypted; both texts are wiped after use.
        package typealias KeyOpening = @Sendable (_ text: [UInt8]) throws -> [UInt8]

        /// MinIO's layout: `public.crt` and `private.key`, and one sub-directory of the same form for every further
        /// server name, called after it.
        case directory(String, opening: KeyOpening? = nil)
        /// Two PEM files.
        case files(certificate: String, key: String, opening: KeyOpening? = nil)
        /// The PEM texts themselves.
        case memory(certificate: [UInt8], key: [UInt8])
    }

    /// Which certificates clients show.
    ///
    /// Whatever the mode, the handshake proves that the client holds the key of the certificate it sends. Except with
    /// `none` no session is ever resumed: every connection shows, and has verified, its own certificate.
    package enum ClientCertificate: Sendable {
        case none
        /// Ask for one, go on without; any is accepted, expired or not, and handed to handlers.
        case requested
        /// Refuse the handshake without one; any is accepted, expired or not, and handed to handlers.
        case required
        /// Refuse the handshake with a chain that the verifier does not accept; a client without a certificate is served
        /// only if it is not required.
        case verified(by: ChainVerifier, isRequired: Bool)
    }

    /// Who says whether clients' certificate chains are accepted.
    package struct ChainVerifier: Sendable {
        /// Why a chain (DER, leaf first, as the client has sent it) is not accepted; `nil` when it is.
        package typealias Verdict = @Sendable (_ chain: [[UInt8]]) -> String?

        /// Files, or directories of such, on which the verdicts depend.
        let files: [String]
        /// Reads the files; called again when they have changed.
        let load: @Sendable () throws -> Verdict

        package init(files: [String], load: @escaping @Sendable () throws -> Verdict) {
            self.files = files
            self.load = load
        }
    }

    /// What new connections are served with.
    package struct ServedCertificate: Sendable, Hashable {
        /// DER, leaf first.
        package let chain: [[UInt8]]
        /// Of the leaf, in seconds since 1970.
        package let notAfter: Int64

        package init(chain: [[UInt8]], notAfter: Int64) {
            self.chain = chain
            self.notAfter = notAfter
        }
    }

    /// The chain is leaf first; keys are PKCS#8, PKCS#1 or SEC1, and RSA, ECDSA or Ed25519.
    package var certificates: Certificates
    package var clientCertificate = ClientCertificate.none
    /// How often the files' modification times are looked at; nil: only `HTTPServer.reloadTLS()` reloads.
    package var pollInterval: Duration? = .seconds(5)
    /// Says why a certificate is not to be served, if so; asked before it is.
    package var refusal: (@Sendable (ServedCertificate) -> String?)?
    /// Told of each certificate that comes into use, the first included.
    ///
    /// Called on any thread.
    package var onCertificateChange: (@Sendable (ServedCertificate) -> Void)?

    package init(_ certificates: Certificates, clientCertificate: ClientCertificate = .none) {
        self.certificates = certificates
        self.clientCertificate = clientCertificate
    }

    package init(
        directory: String, opening: Certificates.KeyOpening? = nil, clientCertificate: ClientCertificate = .none
    ) {
        self.init(.directory(directory, opening: opening), clientCertificate: clientCertificate)
    }
}
