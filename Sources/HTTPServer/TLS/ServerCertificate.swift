import Glibc
import NIOSSL

/// A certificate chain and its key.
struct ServerCertificate {
    let certificates: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey

    static let chainFile = "public.crt"
    static let keyFile = "private.key"

    var chain: [NIOSSLCertificateSource] { certificates.map { .certificate($0) } }

    /// Reads a directory in MinIO's layout.
    init(
        directory: String, opening: TLSConfigurationSource.Certificates.KeyOpening?
    ) throws(HTTPServerError) {
        try self.init(
            certificate: directory + "/" + Self.chainFile, key: directory + "/" + Self.keyFile, opening: opening)
    }

    /// Reads two PEM files.
    init(
        certificate: String, key: String, opening: TLSConfigurationSource.Certificates.KeyOpening?
    ) throws(HTTPServerError) {
        let chain = try TLSFile.read(certificate)
        var keyText = try TLSFile.read(key)
        defer { keyText.wipe() }
        if let opening {
            do {
                var opened = try opening(keyText)
                swap(&opened, &keyText)
                opened.wipe()
            } catch {
                throw .tls(reason: "\(key): \(error)")
            }
        }
        try self.init(chain: chain, chainName: certificate, key: keyText, keyName: key)
    }

    init(chain: [UInt8], chainName: String, key keyText: [UInt8], keyName: String) throws(HTTPServerError) {
        certificates = try Self.readCertificates(chain, name: chainName)
        do {
            // Without a password to give, so that nobody is asked for one at a terminal.
            key = try NIOSSLPrivateKey(bytes: keyText, format: .pem) { (answer: ([UInt8]) -> Void) in answer([]) }
        } catch {
            throw .tls(reason: "\(keyName): \(Self.isEncrypted(keyText) ? "the key is encrypted" : "\(error)")")
        }
    }

    /// Reads the certificates of a PEM text, at least one.
    static func readCertificates(_ text: [UInt8], name: String) throws(HTTPServerError) -> [NIOSSLCertificate] {
        let certificates: [NIOSSLCertificate]
        do {
            certificates = try NIOSSLCertificate.fromPEMBytes(text)
        } catch {
            throw .tls(reason: "\(name): \(error)")
        }
        guard !certificates.isEmpty else { throw .tls(reason: "\(name): holds no certificate") }
        return certificates
    }

    /// Both forms of an encrypted PEM key, RFC 1423's headers and PKCS#8's label, have this word.
    private static func isEncrypted(_ text: [UInt8]) -> Bool {
        let word = Array("ENCRYPTED".utf8)
        guard text.count >= word.count else { return false }
        return (0...(text.count - word.count)).contains { text[$0..<($0 + word.count)].elementsEqual(word) }
    }

    // MARK: MinIO's layout

    /// The sub-directories of `directory` that hold a certificate, by their names in lower case.
    static func named(
        in directory: String, opening: TLSConfigurationSource.Certificates.KeyOpening?
    ) throws(HTTPServerError) -> [String: ServerCertificate] {
        var named: [String: ServerCertificate] = [:]
        for name in names(in: directory) {
            named[name.lowercased()] = try ServerCertificate(directory: directory + "/" + name, opening: opening)
        }
        return named
    }

    private static func names(in directory: String) -> [String] {
        TLSFile.names(in: directory).filter { access(directory + "/" + $0 + "/" + chainFile, R_OK) == 0 }
    }

    static func stamp(directory: String) -> [String: [Int64]] {
        var stamps: [String: [Int64]] = [:]
        for place in [directory] + names(in: directory).map({ directory + "/" + $0 }) {
            for file in [chainFile, keyFile] { stamps[place + "/" + file] = TLSFile.stamp(place + "/" + file) }
        }
        return stamps
    }

    /// For whoever wants to know what is served.
    func served() throws(HTTPServerError) -> TLSConfigurationSource.ServedCertificate {
        do {
            return .init(
                chain: try certificates.map { try $0.toDERBytes() },
                notAfter: certificates.first.map { Int64($0.notValidAfter) } ?? 0)
        } catch {
            throw .tls(reason: "\(error)")
        }
    }
}
