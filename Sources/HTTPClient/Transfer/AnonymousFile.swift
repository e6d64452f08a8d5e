import Glibc

/// A file without a name, gone with the last reference, that can be opened by a path as long as it is there.
final class AnonymousFile: Sendable {
    private let descriptor: Int32

    /// Nil when the system has no room for it.
    init?(_ bytes: [UInt8]) {
        guard let file = tmpfile() else { return nil }
        defer { fclose(file) }
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count, fflush(file) == 0 else { return nil }
        let descriptor = fcntl(fileno(file), F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else { return nil }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    var path: String { "/proc/self/fd/\(descriptor)" }
}
