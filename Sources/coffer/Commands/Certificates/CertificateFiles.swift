import ArgumentParser
import Certificates
import Cryptography
import Glibc
import Notation

/// A certificate and its private key, as two files of a directory.
struct CertificateFiles {
    let directory: String
    private let certificatePath: String
    private let keyPath: String

    init(directory: String, certificate: String, key: String) {
        self.directory = directory
        certificatePath = "\(directory)/\(certificate)"
        keyPath = "\(directory)/\(key)"
    }

    static func authority(in directory: String) -> CertificateFiles {
        CertificateFiles(directory: directory, certificate: "ca.crt", key: "ca.key")
    }

    /// Throws if one of the files is there.
    func requireAbsent() throws(StartFailure) {
        for path in [certificatePath, keyPath] {
            var status = stat()
            if lstat(path, &status) == 0 { throw StartFailure("\(path) is there already: nothing was made") }
        }
    }

    /// Writes both, and never over a file; without its certificate a new key does not stay.
    func write(_ chain: [Certificate], _ key: PrivateKey) throws(StartFailure) {
        try makeDirectory()
        var text = key.pem(password: nil)
        defer { wipe(&text) }
        try Self.write(text, to: keyPath, mode: 0o600) { link($0, $1) }
        do throws(StartFailure) {
            try Self.write(Array(chain.map(\.pem).joined().utf8), to: certificatePath, mode: 0o644) { link($0, $1) }
        } catch {
            unlink(keyPath)
            throw error
        }
    }

    func replaceCertificate(_ certificate: Certificate) throws(StartFailure) {
        try Self.write(Array(certificate.pem.utf8), to: certificatePath, mode: 0o644) { rename($0, $1) }
    }

    func readAuthority() throws(StartFailure) -> CertificateAuthority {
        let text = try Self.contents(of: certificatePath)
        let certificate: Certificate?
        do {
            certificate = try Certificate.readPEM(text).first
        } catch {
            throw StartFailure("\(certificatePath): \(error)")
        }
        guard let certificate, let authority = CertificateAuthority(certificate: certificate, key: try readKey()) else {
            throw StartFailure("\(certificatePath) is not an authority's certificate for the key in \(keyPath)")
        }
        return authority
    }

    func readKey() throws(StartFailure) -> PrivateKey {
        var text = try Self.contents(of: keyPath)
        defer { wipe(&text) }
        do {
            return try PrivateKey.readPEM(text, password: nil)
        } catch {
            throw StartFailure("\(keyPath): \(error)")
        }
    }

    /// For the person who made them.
    func summary(of certificate: Certificate) -> String {
        let end = HTTPDate.iso8601(certificate.notAfter * 1000).prefix(10)
        return "Certificate  \(certificatePath), until \(end)\nPrivate key  \(keyPath)"
    }

    /// Ends the command with what went wrong, as one line.
    static func reportingFailure(_ body: () throws(StartFailure) -> Void) throws {
        do throws(StartFailure) {
            try body()
        } catch {
            writeLine("coffer: \(error.reason)")
            throw ExitCode(1)
        }
    }

    private func makeDirectory() throws(StartFailure) {
        // Servers read certificates as other users, whatever this process's mask: each key is a matter of its own mode.
        if mkdir(directory, 0o755) == 0 {
            chmod(directory, 0o755)
            return
        }
        guard errno != EEXIST else { return }
        guard errno == ENOENT, let slash = directory.lastIndex(of: "/"), slash != directory.startIndex else {
            throw Self.failure(directory)
        }
        try CertificateFiles(directory: String(directory[..<slash]), certificate: "", key: "").makeDirectory()
        guard mkdir(directory, 0o755) == 0 || errno == EEXIST else { throw Self.failure(directory) }
        chmod(directory, 0o755)
    }

    private static func contents(of path: String) throws(StartFailure) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure(path) }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        var count = 0
        while count < bytes.count {
            let taken = bytes.withUnsafeMutableBytes {
                read(file, $0.baseAddress?.advanced(by: count), $0.count - count)
            }
            if taken < 0, errno == EINTR { continue }
            guard taken >= 0 else { throw failure(path) }
            if taken == 0 { break }
            count += taken
        }
        defer { wipe(&bytes) }
        return Array(bytes[..<count])
    }

    /// A file is there whole or not at all: what is written beside it is put in its place by `place`.
    private static func write(
        _ bytes: [UInt8], to path: String, mode: mode_t, place: (String, String) -> Int32
    ) throws(StartFailure) {
        let temporary = "\(path).\(getpid()).new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard file >= 0 else { throw failure(path) }
        var isWritten = fchmod(file, mode) == 0
        var rest = bytes[...]
        while isWritten, !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            isWritten = count > 0
            rest = rest.dropFirst(max(0, count))
        }
        isWritten = isWritten && fsync(file) == 0
        isWritten = close(file) == 0 && isWritten
        isWritten = isWritten && place(temporary, path) == 0
        let reason = failure(path)
        unlink(temporary)
        guard isWritten else { throw reason }
    }

    private static func failure(_ path: String) -> StartFailure {
        StartFailure("\(path): \(String(cString: strerror(errno)))")
    }
}
