import Glibc

/// Files that are read and written in one go: keys and certificates.
enum SmallFile {
    enum Existing { case keep, replace }

    private static let longest = 1 << 20

    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    static func contents(of path: String) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure("open", path) }
        defer { close(file) }
        var capacity = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: longest + 1) { buffer, count in
            capacity = buffer.count
            while count < capacity {
                let taken = read(file, buffer.baseAddress?.advanced(by: count), capacity - count)
                if taken < 0 && errno == EINTR { continue }
                guard taken > 0 else {
                    if taken < 0 { capacity = -1 }
                    return
                }
                count += taken
            }
        }
        guard capacity >= 0 else { throw failure("read", path) }
        guard bytes.count <= longest else { throw CommandFailure("read \(path): file is too large") }
        return bytes
    }

    /// Writes a file that is whole or not there: a new one is put in its place when it is complete.
    static func write(
        _ bytes: [UInt8], to path: String, permissions: mode_t, existing: Existing
    ) throws {
        let temporary = "\(path).tmp-\(getpid())"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions)
        guard file >= 0 else { throw failure("open", path) }
        var isWritten = fchmod(file, permissions) == 0
        var rest = bytes[...]
        while isWritten, !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            isWritten = count > 0
            rest = rest.dropFirst(max(0, count))
        }
        isWritten = isWritten && fsync(file) == 0
        isWritten = close(file) == 0 && isWritten
        if isWritten {
            switch existing {
            case .replace: isWritten = rename(temporary, path) == 0
            case .keep: isWritten = link(temporary, path) == 0
            }
        }
        let reason = failure("write", path)
        unlink(temporary)
        guard isWritten else { throw reason }
    }

    /// In the words of Go's errors: `open a.pem: no such file or directory`.
    private static func failure(_ operation: String, _ path: String) -> CommandFailure {
        let text = String(cString: strerror(errno))
        return CommandFailure("\(operation) \(path): \(text.prefix(1).lowercased())\(text.dropFirst())")
    }
}
