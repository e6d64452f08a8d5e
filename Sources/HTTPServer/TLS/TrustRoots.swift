import Glibc
import NIOSSL

/// The roots clients' certificates are verified against.
enum TrustRoots {
    /// Where Linux distributions keep their roots in one file.
    private static let systemFiles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ]

    /// Reads `paths` and the system's roots.
    ///
    /// A system without roots is none the worse; a path that has no certificate is an error.
    static func read(_ paths: [String]) throws(HTTPServerError) -> [NIOSSLCertificate] {
        var roots = Set<NIOSSLCertificate>()
        for path in paths { roots.formUnion(try read(path)) }
        for path in systemPaths() {
            if let certificates = try? read(path) { roots.formUnion(certificates) }
        }
        return Array(roots)
    }

    private static func read(_ path: String) throws(HTTPServerError) -> [NIOSSLCertificate] {
        guard TLSFile.isDirectory(path) else {
            return try ServerCertificate.readCertificates(try TLSFile.read(path), name: path)
        }
        // What else lies in the directory does no harm.
        let certificates = files(in: path).flatMap { file in
            (try? TLSFile.read(file)).flatMap { try? NIOSSLCertificate.fromPEMBytes($0) } ?? []
        }
        guard !certificates.isEmpty else { throw .tls(reason: "\(path): holds no certificate") }
        return certificates
    }

    /// The file and the directory the environment names, or else the distribution's file.
    private static func systemPaths() -> [String] {
        let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].compactMap { (name: String) -> String? in
            guard let value = getenv(name), value.pointee != 0 else { return nil }
            return String(cString: value)
        }
        return named.isEmpty ? systemFiles.first { access($0, R_OK) == 0 }.map { [$0] } ?? [] : named
    }

    private static func files(in directory: String) -> [String] {
        TLSFile.names(in: directory).map { directory + "/" + $0 }
    }

    static func stamp(_ paths: [String]) -> [String: [Int64]] {
        var stamps: [String: [Int64]] = [:]
        for path in paths {
            stamps[path] = TLSFile.stamp(path)
            guard TLSFile.isDirectory(path) else { continue }
            for file in files(in: path) { stamps[file] = TLSFile.stamp(file) }
        }
        return stamps
    }
}
