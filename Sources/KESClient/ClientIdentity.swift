import Certificates
import Cryptography
import Glibc
import HTTPClient
import KESProtocol

/// A client certificate ready for use: from an API key, or read from files.
struct ClientIdentity: Sendable {
    /// Until ``wipeKey()``.
    private(set) var certificate: HTTPClientConfiguration.ClientCertificate?
    /// Nil without a client certificate.
    let identity: Identity?
    /// Seconds since 1970.
    let expiry: Int64?
    let source: FileStamps

    /// The longest certificate or key file.
    private static let longestFile = 1 << 20

    /// `authorities` are files and directories that are looked at for changes, too.
    init(_ credentials: KESCredentials, authorities: [String], now: Int64) throws(KESClientError) {
        switch credentials {
        case .none:
            certificate = nil
            identity = nil
            expiry = nil
            source = FileStamps(authorities)
        case .apiKey(let key):
            do throws(CertificateError) {
                let (certificate, privateKey) = try key.makeClientCertificate(now: now)
                self.certificate = .pem(
                    certificate: Array(certificate.pem.utf8), key: privateKey.pem(password: nil), password: nil)
                expiry = certificate.notAfter
            } catch {
                throw .configuration("client certificate: \(error)")
            }
            identity = key.identity
            source = FileStamps(authorities)
        case .files(let certificatePath, let keyPath, let password):
            // Before reading: a change in between is then noticed the next time.
            source = FileStamps([certificatePath, keyPath] + authorities)
            let chain = try Self.readChain(certificatePath)
            guard let leaf = chain.first(where: { !$0.isCA }) ?? chain.first else {
                throw .configuration("\(certificatePath): no certificate in it")
            }
            let key = try Self.readKey(keyPath, password)
            guard key.publicKeyDER == leaf.publicKeyDER else {
                throw .configuration("\(keyPath): the private key is not that of the certificate in \(certificatePath)")
            }
            certificate = .pem(
                certificate: chain.flatMap { Array($0.pem.utf8) }, key: key.pem(password: nil), password: nil)
            identity = Identity(of: leaf)
            expiry = leaf.notAfter
        }
    }

    /// Forgets the certificate and overwrites its key, which the transport has a copy of by now.
    mutating func wipeKey() {
        guard case .pem(_, var key, _) = certificate else { return }
        certificate = nil
        wipe(&key)
    }

    private static func readChain(_ path: String) throws(KESClientError) -> [Certificate] {
        let text = try read(path)
        do throws(CertificateError) {
            return try Certificate.readPEM(text)
        } catch {
            throw .configuration("failed to parse certificate in '\(path)': \(error)")
        }
    }

    private static func readKey(_ path: String, _ password: [UInt8]?) throws(KESClientError) -> PrivateKey {
        var text = try read(path)
        defer { wipe(&text) }
        do throws(CertificateError) {
            return try PrivateKey.readPEM(text, password: password)
        } catch {
            throw .configuration("failed to read private key '\(path)': \(error)")
        }
    }

    private static func read(_ path: String) throws(KESClientError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .configuration("\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            throw .configuration("\(path): not a file")
        }
        var bytes = [UInt8](repeating: 0, count: longestFile)
        defer { wipe(&bytes) }
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
            }
            guard got >= 0 else { throw .configuration("\(path): \(String(cString: strerror(errno)))") }
            if got == 0 { return Array(bytes[..<count]) }
            count += got
        }
        throw .configuration("\(path): longer than \(longestFile) bytes")
    }
}

/// What shows that files have changed.
struct FileStamps: Hashable, Sendable {
    private struct Stamp: Hashable {
        let device: UInt
        let inode: UInt
        let size: Int
        let seconds: Int
        let nanoseconds: Int
    }

    private let paths: [String]
    private let stamps: [Stamp?]

    init(_ paths: [String]) {
        self.paths = paths
        stamps = paths.map { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            return Stamp(
                device: UInt(status.st_dev), inode: UInt(status.st_ino), size: Int(status.st_size),
                seconds: Int(status.st_mtim.tv_sec), nanoseconds: Int(status.st_mtim.tv_nsec))
        }
    }

    /// The same files now.
    var current: FileStamps { FileStamps(paths) }
}
