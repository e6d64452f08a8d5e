import NIOCore
import NIOSSL

/// Everything a TLS handler is made from, read and checked.
struct TLSSettings: Sendable {
    /// A handler for one connection.
    struct Handler {
        let tls: NIOSSLServerHandler
        /// Nil if clients are not asked for certificates.
        let chain: PeerChain?
    }

    private enum Context: Sendable {
        case shared(NIOSSLContext)
        /// Makes one for each connection, and with it new session-ticket keys.
        ///
        /// A session resumed brings no certificate chain and is not verified again, and NIOSSL has no switch for it.
        case perConnection(TLSConfiguration, TLSConfigurationSource.ChainVerifier.Verdict)
    }

    private let main: ServerCertificate
    private let named: [String: ServerCertificate]
    private let context: Context

    /// How many certificates serve.
    var nameCount: Int { named.count + 1 }

    init(_ source: TLSConfigurationSource, http2: Bool) throws(HTTPServerError) {
        switch source.certificates {
        case .directory(let directory, let opening):
            main = try ServerCertificate(directory: directory, opening: opening)
            named = try ServerCertificate.named(in: directory, opening: opening)
        case .files(let certificate, let key, let opening):
            main = try ServerCertificate(certificate: certificate, key: key, opening: opening)
            named = [:]
        case .memory(let certificate, let key):
            main = try ServerCertificate(
                chain: certificate, chainName: "certificate", key: key, keyName: "private key")
            named = [:]
        }
        for (name, certificate) in named { try Self.check(certificate, name) }
        try Self.check(main, source.certificates.name)

        var configuration = main.configuration
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = http2 ? ["h2", "http/1.1"] : ["http/1.1"]
        // Of TLS 1.2 only what encrypts and authenticates in one and keeps no past session readable with the server's key.
        configuration.cipherSuites = "ECDH+AESGCM:ECDH+CHACHA20"
        // The end is announced; there is no need to wait until the client has announced its own.
        configuration.shutdownTimeout = .zero
        configuration.verifySignatureAlgorithms = Self.clientSignatures
        // The default's, and P-521, which other servers have as well.
        configuration.curves = [.x25519_MLKEM768, .x25519, .secp256r1, .secp384r1, .secp521r1]
        if !named.isEmpty { configuration.sslContextCallback = Self.chooser(named) }

        let verdict: TLSConfigurationSource.ChainVerifier.Verdict
        switch source.clientCertificate {
        case .none:
            configuration.certificateVerification = .none
            context = .shared(try Self.context(configuration, source.certificates.name))
            return
        case .requested, .required:
            // Whose certificate it is, is for handlers to judge; the handshake proves the key.
            verdict = { _ in nil }
        case .verified(let verifier, _):
            do {
                verdict = try verifier.load()
            } catch {
                throw .tls(reason: "\(error)")
            }
        }
        configuration.trustRoots = .certificates([])
        configuration.certificateVerification =
            source.clientCertificate.isRequired ? .noHostnameVerification : .optionalVerification
        _ = try Self.context(configuration, source.certificates.name)
        context = .perConnection(configuration, verdict)
    }

    /// BoringSSL's default lacks Ed25519.
    private static let clientSignatures: [SignatureAlgorithm] = [
        .ecdsaSecp256R1Sha256, .ed25519, .rsaPssRsaeSha256, .rsaPkcs1Sha256, .ecdsaSecp384R1Sha384, .rsaPssRsaeSha384,
        .rsaPkcs1Sha384, .ecdsaSecp521R1Sha512, .rsaPssRsaeSha512, .rsaPkcs1Sha512,
    ]

    func served() throws(HTTPServerError) -> [TLSConfigurationSource.ServedCertificate] {
        var served = [try main.served()]
        for (_, certificate) in named.sorted(by: { $0.key < $1.key }) { served.append(try certificate.served()) }
        return served
    }

    func makeHandler() throws -> Handler {
        switch context {
        case .shared(let context): return Handler(tls: NIOSSLServerHandler(context: context), chain: nil)
        case .perConnection(let configuration, let verdict):
            let context = try NIOSSLContext(configuration: configuration)
            let chain = PeerChain()
            let tls = NIOSSLServerHandler(
                context: context,
                customVerificationCallback: { certificates, answer in
                    chain.certificates = certificates.compactMap { try? $0.toDERBytes() }
                    chain.refusal = verdict(chain.certificates)
                    answer.succeed(chain.refusal == nil ? .certificateVerified : .failed)
                })
            return Handler(tls: tls, chain: chain)
        }
    }

    // MARK: Contexts

    /// Finds a key that does not fit its certificate, which the first handshake would find otherwise.
    private static func check(_ certificate: ServerCertificate, _ name: String) throws(HTTPServerError) {
        _ = try context(certificate.configuration, name)
    }

    private static func context(
        _ configuration: TLSConfiguration, _ name: String
    ) throws(HTTPServerError) -> NIOSSLContext {
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw .tls(reason: "\(name): \(error)")
        }
    }

    private static func chooser(_ named: [String: ServerCertificate]) -> NIOSSLContextCallback {
        { hello, answer in
            var override = NIOSSLContextConfigurationOverride()
            if let certificate = hello.serverHostname.flatMap({ named[$0.lowercased()] }) {
                override.certificateChain = certificate.chain
                override.privateKey = .privateKey(certificate.key)
            }
            answer.succeed(override)
        }
    }
}

/// The chain one client has sent.
///
/// Touched on the connection's event loop only.
final class PeerChain {
    /// DER, leaf first.
    var certificates: [[UInt8]] = []
    /// Why it is not accepted.
    var refusal: String?
}

extension ServerCertificate {
    fileprivate var configuration: TLSConfiguration {
        .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key))
    }
}

extension TLSConfigurationSource.Certificates {
    /// For error messages.
    fileprivate var name: String {
        switch self {
        case .directory(let path, _), .files(certificate: let path, _, _): path
        case .memory: "certificate"
        }
    }
}

extension TLSConfigurationSource.ClientCertificate {
    fileprivate var isRequired: Bool {
        switch self {
        case .none, .requested: false
        case .required: true
        case .verified(_, let isRequired): isRequired
        }
    }
}
