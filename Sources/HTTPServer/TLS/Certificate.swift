import Glibc
import NIOSSL

/// A certificate chain and its key, read from one directory in MinIO's layout.
struct Certificate {
    let chain: [NIOSSLCertificateSource]
    let key: NIOSSLPrivateKeySource

    static let chainFile = "public.crt"
    static let keyFile = "private.key"

    init(directory: String) throws(HTTPServerError) {
        let chainPath = directory + "/" + Self.chainFile
        let keyPath = directory + "/" + Self.keyFile
        do {
            chain = try NIOSSLCertificate.fromPEMFile(chainPath).map { .certificate($0) }
        } catch {
            throw .tls(reason: "\(chainPath): \(error)")
        }
        guard !chain.isEmpty else { throw .tls(reason: "\(chainPath): holds no certificate") }
        do {
            key = .privateKey(try NIOSSLPrivateKey(file: keyPath, format: .pem))
        } catch {
            throw .tls(reason: "\(keyPath): \(error)")
        }
    }

    /// What tells one state of the files from another, without reading them.
    static func stamp(directory: String) -> [Int64] {
        [chainFile, keyFile].flatMap { file -> [Int64] in
            var status = stat()
            guard stat(directory + "/" + file, &status) == 0 else { return [] }
            return [
                Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec), Int64(status.st_size),
                Int64(bitPattern: UInt64(status.st_ino)),
            ]
        }
    }
}
