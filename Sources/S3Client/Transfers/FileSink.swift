import Glibc

/// Where an object's bytes go: the standard output, or a file that has its name when all of them are there.
package final class FileSink {
    private let path: String
    /// The name until then; `nil` for the standard output.
    private let temporary: String?
    private let descriptor: Int32

    /// A file that is made, or takes the place of one.
    package init(path: String) throws(S3ClientError) {
        self.path = path
        let name = "\(path).coffer-\(getpid())"
        temporary = name
        descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .file(path: name, errno: errno) }
    }

    /// The standard output.
    package init() { (path, temporary, descriptor) = ("standard output", nil, STDOUT_FILENO) }

    deinit {
        guard let temporary else { return }
        close(descriptor)
        // Gone already when the file has its name.
        unlink(temporary)
    }

    func write(_ bytes: [UInt8]) throws(S3ClientError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .file(path: path, errno: errno) }
            written += count
        }
    }

    /// Gives the file its name, after its bytes are on the drive.
    func finish() throws(S3ClientError) {
        guard let temporary else { return }
        guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw .file(path: path, errno: errno) }
    }
}
