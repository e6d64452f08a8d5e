import Certificates
import Cryptography
import Glibc
import HTTPServer
import KESService
import KeyStores

/// The server's certificate and key files, and what clients have to show.
struct TLSFiles {
    private let settings: KESConfiguration.TLS

    /// Reads the files once, to say in good words what is wrong with them.
    init(_ settings: KESConfiguration.TLS) throws(StartFailure) {
        self.settings = settings
        guard let leaf = try Self.certificates(settings.certificate).first else {
            throw StartFailure("\(Self.readFailure): \(settings.certificate): no certificate")
        }
        if let refusal = Self.refusal(leaf) { throw StartFailure("invalid TLS certificate: \(refusal)") }
        try Self.checkKey(settings, of: leaf)
        if let authorities = settings.authorities { _ = try Self.authorities(authorities) }
    }

    /// Where new connections' TLS settings come from.
    ///
    /// - Parameter isOptional: Whether some call works without a certificate.
    func source(certificateIsOptional isOptional: Bool) -> TLSConfigurationSource {
        let mode: TLSConfigurationSource.ClientCertificate
        switch (settings.isVerifying, isOptional) {
        case (false, false): mode = .required
        case (false, true): mode = .requested
        case (true, _):
            let verifier = TLSConfigurationSource.ChainVerifier(files: settings.authorities.map { [$0] } ?? []) {
                let trust = try trust()
                return { Self.refusal(of: $0, by: trust) }
            }
            mode = .verified(by: verifier, isRequired: !isOptional)
        }
        return source(clientCertificate: mode)
    }

    func source(clientCertificate: TLSConfigurationSource.ClientCertificate) -> TLSConfigurationSource {
        var source = TLSConfigurationSource(
            .files(certificate: settings.certificate, key: settings.key) { [password = settings.password] text in
                try Self.privateKey(text, password).pem(password: nil)
            },
            clientCertificate: clientCertificate)
        source.pollInterval = .seconds(60)
        source.refusal = { served in
            guard let leaf = served.chain.first.flatMap({ try? Certificate(der: $0) }) else { return nil }
            return Self.refusal(leaf)
        }
        return source
    }

    /// The proxies that may speak for clients; `nil` when there are none.
    func proxy() throws(StartFailure) -> TLSProxy? {
        guard !settings.proxies.isEmpty else { return nil }
        let trust = settings.isVerifying ? try trust() : nil
        return TLSProxy(identities: settings.proxies, header: settings.proxyHeader, trust: trust)
    }

    // MARK: Clients

    /// What clients' chains may end at: the configured certificates, each as it is, and the system's.
    private func trust() throws(StartFailure) -> TrustStore {
        let own: [Certificate] = if let path = settings.authorities { try Self.authorities(path) } else { [] }
        return TrustStore(certificates: own + Self.authoritiesOfEnvironment(), includesSystemRoots: true)
    }

    /// What lies in the directories of `SSL_CERT_DIR`: OpenSSL looks there only for the names that it makes of subjects.
    ///
    /// What else lies there does no harm.
    private static func authoritiesOfEnvironment() -> [Certificate] {
        let directories = ProcessEnvironment.variables()["SSL_CERT_DIR"]?.split(separator: ":") ?? []
        return directories.flatMap { files(in: String($0)) ?? [] }.flatMap { (try? certificates($0)) ?? [] }
    }

    /// Why a client's chain is not accepted.
    private static func refusal(of chain: [[UInt8]], by trust: TrustStore) -> String? {
        let certificates = chain.compactMap { try? Certificate(der: $0) }
        guard certificates.count == chain.count, let leaf = certificates.first else { return "malformed certificate" }
        let intermediates = Array(certificates.dropFirst())
        switch leaf.verification(by: trust, intermediates: intermediates, purpose: .client) {
        case .trusted: return nil
        case .refused(let reason): return reason
        }
    }

    private static func refusal(_ leaf: Certificate) -> String? {
        leaf.hasSubjectAlternativeName ? nil : "certificate does not contain any DNS or IP address as SAN"
    }

    // MARK: Checks

    private static let readFailure = "failed to read TLS certificate"

    private static func certificates(
        _ path: String, failure: String = readFailure
    ) throws(StartFailure) -> [Certificate] {
        let text = try bytes(of: path, failure: failure)
        do throws(CertificateError) {
            return try Certificate.readPEM(text)
        } catch {
            throw StartFailure("\(failure): \(path): \(error)")
        }
    }

    private static func checkKey(_ settings: KESConfiguration.TLS, of leaf: Certificate) throws(StartFailure) {
        var text = try bytes(of: settings.key)
        defer { wipe(&text) }
        let key: PrivateKey
        do throws(CertificateError) {
            key = try privateKey(text, settings.password)
        } catch {
            throw error == .passwordRequired
                ? StartFailure("https: \(error)") : StartFailure("\(readFailure): \(settings.key): \(error)")
        }
        guard key.publicKeyDER == leaf.publicKeyDER else {
            throw StartFailure("\(readFailure): private key \(settings.key) does not match the public key")
        }
    }

    private static func privateKey(_ text: [UInt8], _ password: SecretText?) throws(CertificateError) -> PrivateKey {
        var password = password?.bytes ?? []
        defer { wipe(&password) }
        return try PrivateKey.readPEM(text, password: password)
    }

    /// A file of certificates, or a directory of such files.
    private static func authorities(_ path: String) throws(StartFailure) -> [Certificate] {
        let failure = "failed to read TLS CA certificates"
        var all: [Certificate] = []
        for file in files(in: path) ?? [path] { all += try certificates(file, failure: failure) }
        return all
    }

    /// The regular files of a directory; `nil` when it is none.
    private static func files(in path: String) -> [String]? {
        guard let directory = opendir(path) else { return nil }
        defer { closedir(directory) }
        var files: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            var status = stat()
            guard stat("\(path)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            files.append("\(path)/\(name)")
        }
        return files
    }

    /// The file's contents, at most 1 MiB of them; the caller wipes what is secret.
    private static func bytes(of path: String, failure: String = readFailure) throws(StartFailure) -> [UInt8] {
        guard let file = fopen(path, "re") else {
            throw StartFailure("\(failure): open \(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        setvbuf(file, nil, _IONBF, 0)
        let limit = 1 << 20
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            count = fread(buffer.baseAddress, 1, limit, file)
            failed = ferror(file) != 0
        }
        guard !failed else {
            throw StartFailure("\(failure): read \(path): \(String(cString: strerror(errno)))")
        }
        return bytes
    }
}
