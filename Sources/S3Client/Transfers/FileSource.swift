import Glibc

/// The bytes of a file or of a pipe, from where it stands to its end.
package final class FileSource {
    package let path: String
    /// Bytes; `nil` for a pipe.
    package let size: Int64?
    private let descriptor: Int32
    private let isOwned: Bool

    /// Opens a file to be read.
    package init(path: String) throws(S3ClientError) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .file(path: path, errno: errno) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw .file(path: path, errno: EISDIR) }
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file(path: path, errno: errno) }
        isOwned = true
        self.path = path
        size = status.st_mode & S_IFMT == S_IFREG ? Int64(status.st_size) : nil
    }

    /// Reads what comes on the standard input.
    package init() {
        (descriptor, isOwned, path, size) = (STDIN_FILENO, false, "standard input", nil)
    }

    deinit { if isOwned { close(descriptor) } }

    /// The next bytes, fewer than asked for at the end alone.
    package func read(_ count: Int) throws(S3ClientError) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = Glibc.read(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { failure = errno }
                guard got > 0 else { return }
                filled += got
            }
        }
        guard failure == 0 else { throw .file(path: path, errno: failure) }
        return bytes
    }
}
