import Glibc

/// Files of a drive, which are only ever read; no symbolic link is followed.
enum DriveFiles {
    static func name(of path: String) -> String {
        String(decoding: path.utf8.reversed().prefix { $0 != UInt8(ascii: "/") }.reversed(), as: UTF8.self)
    }

    private static func fault(_ path: String) -> DriveFault {
        let reason = String(cString: strerror(errno))
        return errno == ENOENT || errno == ENOTDIR
            ? .damaged("\(name(of: path)) is missing") : .unreadable("\(path): \(reason)")
    }

    /// A regular file, open for reading; the caller closes it.
    static func open(_ path: String) throws(DriveFault) -> Int32 {
        // Without blocking: a pipe of that name must not hold up the import.
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw fault(path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .damaged("\(name(of: path)) is no file")
        }
        return descriptor
    }

    static func length(of descriptor: Int32, _ path: String) throws(DriveFault) -> Int64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw fault(path) }
        return Int64(status.st_size)
    }

    static func length(_ path: String) throws(DriveFault) -> Int64 {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw fault(path) }
        return Int64(status.st_size)
    }

    /// Exactly so many bytes.
    static func read(_ count: Int, from descriptor: Int32, _ path: String) throws(DriveFault) -> [UInt8] {
        var failure: DriveFault?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            while initialized < count {
                let read = Glibc.read(descriptor, buffer.baseAddress?.advanced(by: initialized), count - initialized)
                if read < 0, errno == EINTR { continue }
                guard read > 0 else {
                    failure = read == 0 ? .damaged("\(name(of: path)) ends too early") : fault(path)
                    return
                }
                initialized += read
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// All of a file.
    static func contents(_ path: String, limit: Int) throws(DriveFault) -> [UInt8] {
        let descriptor = try open(path)
        defer { close(descriptor) }
        let length = try length(of: descriptor, path)
        guard length <= Int64(limit) else { throw .unsupported("\(name(of: path)) of \(length) bytes") }
        return try read(Int(length), from: descriptor, path)
    }

    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }
}
