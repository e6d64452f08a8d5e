import Cryptography
import Glibc

/// Reads small regular files whole; what is no file, such as a pipe or a device, is refused and never waited for.
///
/// Blocks for the disk. Who must not wait for that reads through ``CredentialFile``.
enum RegularFile {
    enum Failure: Error, Sendable {
        /// The name of the system call, and its error number.
        case system(String, Int32)
        case notRegular
        /// Longer than so many bytes.
        case tooLong(Int)
        case changing

        /// What stands behind the path in messages.
        var reason: String {
            switch self {
            case .system(_, let code): String(cString: strerror(code))
            case .notRegular: "it is not a regular file"
            case .tooLong(let limit): "it is longer than \(limit) bytes"
            case .changing: "it was written to while it was read"
            }
        }
    }

    /// The bytes of a file, `limit` at most.
    static func contents(_ path: String, atMost limit: Int) throws(Failure) -> SecretBytes {
        // Without this a pipe would be waited for, and a terminal taken over.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw .system("open", errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system("examine", errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
        guard status.st_size <= limit else { throw .tooLong(limit) }
        // Files of the kernel's own do not say how long they are.
        let capacity = status.st_size > 0 ? Int(status.st_size) + 1 : limit + 1
        return try SecretBytes(capacity: capacity) { (buffer) throws(Failure) in
            var filled = 0
            while filled < buffer.count {
                let count = read(descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw .system("read", errno) }
                if count == 0 { return filled }
                filled += count
            }
            throw filled > limit ? .tooLong(limit) : .changing
        }
    }
}
