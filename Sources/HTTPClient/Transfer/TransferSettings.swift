import CCurl
import Glibc

/// What all connections of one configuration have in common, read and checked once.
final class TransferSettings: Sendable {
    let configuration: HTTPClientConfiguration
    /// Certificates to trust, in PEM, when they are few: libcurl copies them for every request.
    let trusted: ClientSecret?
    /// Certificates to trust when they are many.
    private let trustedFile: AnonymousFile?
    /// The system's roots as OpenSSL's hashed directory, which costs a connection next to nothing.
    let caDirectory: String?
    /// A file of certificates to trust.
    let caFile: String?
    let certificate: ClientSecret?
    let key: ClientSecret?
    let password: ClientSecret

    /// A file of certificates, or a private key, is not longer than this.
    private static let longestFile = 4 << 20
    private static let longestInMemory = 16 * 1024

    init(_ configuration: HTTPClientConfiguration) throws(HTTPClientError) {
        var kept = configuration
        kept.clientCertificate = nil
        self.configuration = kept
        (certificate, key, password) = try Self.identity(configuration.clientCertificate)
        let roots = try configuration.trustsSystem ? SystemRoots() : SystemRoots.none
        var bundle = roots.extra
        for path in configuration.caPaths { bundle += try Self.certificates(at: path) }
        bundle += configuration.trustedCertificates
        caDirectory = roots.directory
        if let file = roots.file, !bundle.isEmpty { bundle += try Self.certificates(at: file) }
        trustedFile = bundle.count > Self.longestInMemory ? AnonymousFile(bundle) : nil
        trusted = bundle.isEmpty || trustedFile != nil ? nil : ClientSecret(bundle)
        caFile = trustedFile?.path ?? (bundle.isEmpty ? roots.file : nil)
    }

    private static func identity(
        _ source: HTTPClientConfiguration.ClientCertificate?
    ) throws(HTTPClientError) -> (ClientSecret?, ClientSecret?, ClientSecret) {
        switch source {
        case nil: return (nil, nil, ClientSecret([]))
        case .pem(let certificate, let key, let password):
            return (ClientSecret(certificate), ClientSecret(key), ClientSecret(password ?? []))
        case .files(let certificatePath, let keyPath, let password):
            let certificate = try read(certificatePath)
            var key = try read(keyPath)
            defer { wipe(&key) }
            return (ClientSecret(certificate), ClientSecret(key), ClientSecret(password ?? []))
        }
    }

    /// The certificates of a file, or of all files of a directory; there must be one at least.
    static func certificates(at path: String) throws(HTTPClientError) -> [UInt8] {
        var bundle: [UInt8] = []
        if let listing = opendir(path) {
            defer { closedir(listing) }
            while let entry = readdir(listing) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                let file = path + "/" + name
                var status = stat()
                guard stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
                let text = try read(file)
                if isCertificate(text) { bundle += text + [UInt8(ascii: "\n")] }
            }
        } else {
            let text = try read(path)
            guard isCertificate(text) else { throw .configuration("\(path): no certificate in PEM in it") }
            bundle = text + [UInt8(ascii: "\n")]
        }
        return bundle
    }

    private static func isCertificate(_ text: [UInt8]) -> Bool {
        let mark = Array("-----BEGIN CERTIFICATE-----".utf8)
        return text.indices.contains { text[$0] == mark[0] && text[$0...].starts(with: mark) }
    }

    private static func read(_ path: String) throws(HTTPClientError) -> [UInt8] {
        guard let file = fopen(path, "re") else {
            throw .configuration("\(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        setvbuf(file, nil, Int32(_IONBF), 0)
        var bytes = [UInt8](repeating: 0, count: 16 * 1024)
        var count = 0
        while true {
            let space = bytes.count - count
            let got = bytes.withUnsafeMutableBytes { fread($0.baseAddress.map { $0 + count }, 1, space, file) }
            count += got
            if got < space { break }
            guard bytes.count < longestFile else { throw .configuration("\(path): too long") }
            var longer = [UInt8](repeating: 0, count: bytes.count * 4)
            longer.replaceSubrange(0..<count, with: bytes)
            wipe(&bytes)
            bytes = longer
        }
        guard ferror(file) == 0 else { throw .configuration("\(path): \(String(cString: strerror(errno)))") }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}
