import Glibc

/// A directory below an export's, reached name by name: a symbolic link on the way is an error, wherever it leads.
///
/// All of it blocks.
final class ExportDirectory: Sendable {
    private let descriptor: Int32
    let path: String

    /// The uppermost, which may be behind a link of its owner's.
    ///
    /// - Parameter path: is made where it is not there.
    init(root path: String) throws(BackupFailure) {
        try Files.makeDirectory(path)
        descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Files.failure(path) }
        self.path = path
    }

    private init(_ descriptor: Int32, _ path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// A directory below this one.
    ///
    /// - Parameter isMade: whether what is missing of it is made.
    /// - Returns: nil where it is not there, or a file is in its way.
    func directory(_ names: some Sequence<String>, isMade: Bool) throws(BackupFailure) -> ExportDirectory? {
        var directory = self
        for name in names {
            guard let next = try directory.child(name, isMade: isMade) else { return nil }
            directory = next
        }
        return directory
    }

    private func child(_ name: String, isMade: Bool) throws(BackupFailure) -> ExportDirectory? {
        let place = "\(path)/\(name)"
        if isMade, mkdirat(descriptor, name, 0o700) != 0, errno != EEXIST { throw Files.failure(place) }
        let child = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard child < 0 else { return ExportDirectory(child, place) }
        switch errno {
        case ENOENT: return nil
        // A link is told as no directory, too: it is not followed, and nothing takes its place.
        case ENOTDIR, ELOOP:
            guard let kind = kind(of: name), kind == S_IFREG else {
                throw BackupFailure("\(place): a symbolic link or something else that is no directory")
            }
            return nil
        default: throw Files.failure(place)
        }
    }

    private func kind(of name: String) -> mode_t? { status(name).map { $0.st_mode & S_IFMT } }

    private func status(_ name: String) -> stat? {
        var status = stat()
        return fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status : nil
    }

    /// Bytes of a file; nil for what is no file.
    func length(of name: String) -> Int64? {
        guard let status = status(name), status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(status.st_size)
    }

    func has(_ name: String) -> Bool { status(name) != nil }

    /// The bytes of a short file; nil when it is not there, or longer.
    func contents(of name: String, limit: Int) throws(BackupFailure) -> [UInt8]? {
        let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return try ExportFile.contents(file, limit: limit, "\(path)/\(name)")
    }

    /// A new file, in the place of one of that name.
    func create(_ name: String) throws(BackupFailure) -> ExportFile {
        guard unlinkat(descriptor, name, 0) == 0 || errno == ENOENT else { throw Files.failure("\(path)/\(name)") }
        let file = openat(descriptor, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Files.failure("\(path)/\(name)") }
        return ExportFile(file, "\(path)/\(name)")
    }

    /// Gives a file of this directory its name in another one, where it takes the place of a file.
    ///
    /// - Returns: false where a directory has the name.
    func move(_ name: String, to directory: ExportDirectory, as newName: String) throws(BackupFailure) -> Bool {
        if renameat(descriptor, name, directory.descriptor, newName) == 0 { return true }
        guard errno == EISDIR || errno == ENOTEMPTY || errno == EEXIST else {
            throw Files.failure("\(directory.path)/\(newName)")
        }
        return false
    }

    /// A file that is not there counts as removed.
    func remove(_ name: String) throws(BackupFailure) {
        guard unlinkat(descriptor, name, 0) == 0 || errno == ENOENT || errno == EISDIR else {
            throw Files.failure("\(path)/\(name)")
        }
    }
}

/// A file that is being written; all of it blocks.
final class ExportFile: Sendable {
    private let descriptor: Int32
    private let path: String

    fileprivate init(_ descriptor: Int32, _ path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    func append(_ bytes: UnsafeRawBufferPointer) throws(BackupFailure) {
        var done = 0
        while done < bytes.count {
            let count = write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw Files.failure(path) }
            done += count
        }
    }

    func append(_ bytes: [UInt8]) throws(BackupFailure) {
        let outcome = bytes.withUnsafeBytes { bytes in Result { () throws(BackupFailure) in try append(bytes) } }
        try outcome.get()
    }

    /// Reads what is there: from the device, where the system lets go of what it has in memory.
    func readBack(_ body: (UnsafeRawBufferPointer) -> Void) throws(BackupFailure) {
        _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
        defer { buffer.deallocate() }
        var position: off_t = 0
        while true {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, position)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw Files.failure(path) }
            if count == 0 { return }
            body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            position += count
        }
    }

    fileprivate static func contents(_ file: Int32, limit: Int, _ path: String) throws(BackupFailure) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                read(file, $0.baseAddress?.advanced(by: filled), $0.count - filled)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw Files.failure(path) }
            if count == 0 { return Array(bytes[..<filled]) }
            filled += count
        }
        return nil
    }
}
