import Cryptography
import Glibc

/// A keyring's file: who may see it, and how it is replaced so that a crash leaves the old or the new one whole.
struct KeyringFile: Sendable {
    let path: String
    /// No keyring is larger.
    let maximumBytes: Int

    /// 64 MiB are more than 200 000 keys.
    ///
    /// Reading such a file takes some seconds and several times its size in memory, and every new key reads and writes it
    /// once: with so many keys, a key server is the better place.
    static let defaultMaximumBytes = 64 << 20

    init(path: String, maximumBytes: Int = defaultMaximumBytes) {
        self.path = path
        self.maximumBytes = maximumBytes
    }

    /// Tells versions of the file apart: each replacement is another inode.
    struct Identity: Hashable, Sendable {
        fileprivate let device: UInt64
        fileprivate let inode: UInt64
        fileprivate let modifiedSeconds: Int
        fileprivate let modifiedNanoseconds: Int

        fileprivate init(_ status: stat) {
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
            modifiedSeconds = status.st_mtim.tv_sec
            modifiedNanoseconds = status.st_mtim.tv_nsec
        }
    }

    var identity: Identity? {
        var status = stat()
        return stat(path, &status) == 0 ? Identity(status) : nil
    }

    /// The directory that holds the file.
    var directory: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    func read() throws(KeyringError) -> (document: KeyringDocument, identity: Identity) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw errno == ENOENT ? KeyringError.missing(path: path) : failure("open")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("examine") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw KeyringError.notAFile(path: path) }
        guard status.st_mode & 0o077 == 0 else { throw KeyringError.looseMode(path: path, mode: status.st_mode) }
        try checkDirectory()
        guard status.st_size <= maximumBytes else {
            throw KeyringError.tooLong(path: path, maximumBytes: maximumBytes)
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        defer { wipe(&bytes) }
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw count < 0 ? failure("read") : .corrupted(path: path, reason: "it was cut") }
            filled += count
        }
        return (try KeyringDocument(bytes, path: path), Identity(status))
    }

    /// Puts `document` in the place of the file, durably: when this returns, a power cut no longer matters.
    ///
    /// A document that ``read()`` would refuse for its length is not written. After ``KeyringError/notDurable(path:errno:)``
    /// the document is in place, and nobody knows whether it will be after a power cut.
    func replace(with document: KeyringDocument) throws(KeyringError) -> Identity {
        var bytes = document.bytes
        defer { wipe(&bytes) }
        guard bytes.count <= maximumBytes else { throw KeyringError.full(path: path, maximumBytes: maximumBytes) }
        let temporary = "\(path).\(Hex.encode(SecureRandom.bytes(8))).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("create a file beside") }
        defer { close(descriptor) }
        let identity: Identity
        do throws(KeyringError) {
            try write(bytes, to: descriptor)
            guard fsync(descriptor) == 0 else { throw failure("write") }
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw failure("write") }
            identity = Identity(status)
            guard rename(temporary, path) == 0 else { throw failure("replace") }
        } catch {
            unlink(temporary)
            throw error
        }
        // Without this the rename itself may be lost.
        do throws(KeyringError) { try syncDirectory(directory) } catch {
            throw .notDurable(path: path, errno: errno)
        }
        return identity
    }

    /// Makes durable which file the directory shows: a process that could not may have put it there.
    func settle() throws(KeyringError) { try syncDirectory(directory) }

    /// Makes the directory and those above it as far as they are missing, each for the owner alone.
    func makeDirectory() throws(KeyringError) {
        var missing: [String] = []
        var current = self
        while !current.directoryExists {
            missing.append(current.directory)
            current = KeyringFile(path: current.directory)
        }
        for path in missing.reversed() {
            guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
                throw KeyringError.io(operation: "create the directory", path: path, errno: errno)
            }
            try syncDirectory(KeyringFile(path: path).directory)
        }
        try checkDirectory()
    }

    /// Runs `body` while no other process that takes this lock runs its own.
    ///
    /// The lock is on the directory, because the file itself is replaced.
    func withLock<R>(_ body: () throws(KeyringError) -> R) throws(KeyringError) -> R {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open the directory of") }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw failure("lock the directory of") }
        }
        return try body()
    }

    private var directoryExists: Bool {
        var status = stat()
        return stat(directory, &status) == 0
    }

    private func checkDirectory() throws(KeyringError) {
        var status = stat()
        guard stat(directory, &status) == 0 else { throw failure("examine the directory of") }
        guard status.st_mode & 0o022 == 0 || status.st_mode & S_ISVTX != 0 else {
            throw KeyringError.looseDirectory(path: directory, mode: status.st_mode)
        }
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) throws(KeyringError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write") }
            written += count
        }
    }

    private func syncDirectory(_ directory: String) throws(KeyringError) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open the directory of") }
        defer { close(descriptor) }
        // Not every file system can flush a directory.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure("make durable") }
    }

    private func failure(_ operation: String) -> KeyringError {
        .io(operation: operation, path: path, errno: errno)
    }
}
