import CLinux
import Cryptography
import Glibc
import KESProtocol

/// The file work of ``FileKeyStore``; every call blocks.
///
/// Names are the texts of `KeyName`s: no slash, no dot, so none leads out of the directory or meets a temporary file.
struct KeyDirectory: Sendable {
    let path: String
    private let doubt = DirectoryDoubt()

    private static let temporaryPrefix = ".tmp-"
    /// How long a change waits for another server's change of the same directory to end.
    private static let longestWait = Duration.seconds(8)
    /// The file that is locked where the directory itself cannot be.
    private static let lockName = ".lock"

    init(path: String) { self.path = path }

    /// For a server, makes the directory if it is missing, for its owner alone, and removes what an interrupted write left.
    ///
    /// The access to a directory that was there stays as it is.
    func open(as user: DirectoryUser) throws(KeyStoreError) -> FileAccess {
        switch user {
        case .server: return try openForServer()
        case .visitor:
            guard Glibc.access(path, F_OK) == 0 || errno != ENOENT else {
                throw .unavailable("\(path) does not exist; a server makes it at its first start")
            }
            return try check()
        }
    }

    private func openForServer() throws(KeyStoreError) -> FileAccess {
        try makeDirectory()
        let access = try check()
        try withLock { (isLocked) throws(KeyStoreError) in
            // Whoever writes holds the lock, so with it nobody needs these any more.
            guard isLocked else { return }
            var abandoned: [String] = []
            try forEachFile { name in
                if name.hasPrefix(Self.temporaryPrefix) { abandoned.append(name) }
            }
            for name in abandoned { unlink("\(path)/\(name)") }
        }
        // What an earlier process could not flush stands in the system's memory, where it looks like all the rest.
        try sync(path)
        return access
    }

    /// Throws unless the directory is there.
    func check() throws(KeyStoreError) -> FileAccess {
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure("examine", path) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .unavailable("\(path) is not a directory") }
        return FileAccess(status)
    }

    func read(_ name: String) throws(KeyStoreError) -> (SecretBytes, FileAccess) {
        let found = try readFile(name)
        switch try doubt.former(of: name) {
        case nil: return found
        case .absent: throw .keyNotFound
        case .value(let value, let access): return (value, access)
        }
    }

    private func readFile(_ name: String) throws(KeyStoreError) -> (SecretBytes, FileAccess) {
        let file = "\(path)/\(name)"
        // A pipe of that name must not block the thread.
        let descriptor = Glibc.open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw try missing("open", file) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("examine", file) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .corrupt("\(file) is not a regular file") }
        guard status.st_size <= maximumKeyValueByteCount else { throw .corrupt("\(file) is larger than any key") }
        let value = try SecretBytes(capacity: Int(status.st_size)) { (buffer) throws(KeyStoreError) in
            var filled = 0
            while filled < buffer.count {
                let count = Glibc.read(descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw failure("read", file) }
                guard count > 0 else { throw .unavailable("\(file) was cut while it was read") }
                filled += count
            }
            return filled
        }
        return (value, FileAccess(status))
    }

    func create(_ name: String, _ value: SecretBytes, _ call: BlockingCalls.Call) throws(KeyStoreError) {
        try withLock(for: call) { (isLocked) throws(KeyStoreError) in
            try doubt.checkChanges()
            let file = "\(path)/\(name)"
            var status = stat()
            // Before the key counts as absent for who reads it meanwhile.
            guard lstat(file, &status) != 0 else { throw .keyExists }
            let temporary = try writeTemporary(value, besides: path)
            defer { unlink(temporary) }
            try doubt.change(name, from: .absent) { () throws(KeyStoreError) in
                if link(temporary, file) == 0 { return }
                let code = errno
                guard isLocked, code == EPERM || code == EOPNOTSUPP || code == ENOSYS else {
                    throw code == EEXIST ? .keyExists : failure("link", file, code)
                }
                // A file system without hard links. Among those who take the lock, nobody has come since the look above; KES
                // takes none, so another look leaves it as little time as can be.
                guard lstat(file, &status) != 0 else { throw .keyExists }
                guard errno == ENOENT, rename(temporary, file) == 0 else { throw failure("rename to", file) }
            } flush: { () throws(KeyStoreError) in
                // Without this the name itself may be lost.
                try sync(path)
            }
        }
    }

    func replace(
        _ name: String, _ old: SecretBytes, with new: SecretBytes, _ call: BlockingCalls.Call
    ) throws(KeyStoreError) {
        try withLock(for: call) { (isLocked) throws(KeyStoreError) in
            try doubt.checkChanges()
            // Two that replace a key at once without a lock would lose what one of them made.
            guard isLocked else { throw .unavailable("\(path) cannot be locked, so keys cannot be replaced safely") }
            let (value, access) = try read(name)
            guard value.isEqual(to: old) else { throw .keyChanged }
            let file = "\(path)/\(name)"
            let temporary = try writeTemporary(new, besides: file)
            // What is sealed with the new value could not be opened after a power cut that takes it away; what is sealed
            // with the old one can be opened with both.
            try doubt.change(name, from: .value(value, access)) { () throws(KeyStoreError) in
                guard rename(temporary, file) == 0 else {
                    let error = failure("replace", file)
                    unlink(temporary)
                    throw error
                }
            } flush: { () throws(KeyStoreError) in
                try sync(path)
            }
        }
    }

    func remove(_ name: String, _ call: BlockingCalls.Call) throws(KeyStoreError) {
        try withLock(for: call) { (_) throws(KeyStoreError) in
            try doubt.checkChanges()
            let file = "\(path)/\(name)"
            guard unlink(file) == 0 else { throw try missing("remove", file) }
            do throws(KeyStoreError) {
                try sync(path)
            } catch {
                doubt.begin(error)
                throw error
            }
        }
    }

    func names(
        prefix: String, after last: String?, limit: Int, _ call: BlockingCalls.Call
    ) throws(KeyStoreError) -> KeyNamePage {
        var selection = KeyNameSelection(prefix: prefix, after: last, limit: limit)
        try forEachFile(for: call) { selection.add($0) }
        return selection.page
    }

    /// The names of files that begin with `prefix`, which begins with a dot: those are no keys.
    func hiddenNames(_ prefix: String) throws(KeyStoreError) -> [String] {
        var names: [String] = []
        try forEachFile { if $0.hasPrefix(prefix) { names.append($0) } }
        return names.sorted()
    }

    // MARK: Parts

    /// Writes a file beside the keys, flushed to the disk; its path.
    ///
    /// - Parameter model: What has the owner that it shall have, when this is root: commands must not lock the server out.
    private func writeTemporary(_ value: SecretBytes, besides model: String) throws(KeyStoreError) -> String {
        let temporary = "\(path)/\(Self.temporaryPrefix)\(Hex.encode(SecureRandom.bytes(16)))"
        let descriptor = Glibc.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("create a file in", path) }
        defer { close(descriptor) }
        let isWritten = value.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                let count = write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                written += count
            }
            return true
        }
        guard isWritten else { throw abandoned(temporary) }
        var status = stat()
        if geteuid() == 0 {
            guard stat(model, &status) == 0, fchown(descriptor, status.st_uid, status.st_gid) == 0 else {
                throw abandoned(temporary)
            }
        }
        guard fsync(descriptor) == 0 else { throw abandoned(temporary) }
        return temporary
    }

    private func abandoned(_ temporary: String) -> KeyStoreError {
        let error = failure("write a file in", path)
        unlink(temporary)
        return error
    }

    /// Runs `body` while no other server that takes this lock writes; it is told whether there is a lock at all.
    ///
    /// The lock is on the directory. Network file systems lock exclusively only what is open for writing, as no directory
    /// can be: there it is on a file in it. With neither, the links are exclusive all the same.
    private func withLock<R>(
        for call: BlockingCalls.Call? = nil, _ body: (Bool) throws(KeyStoreError) -> R
    ) throws(KeyStoreError) -> R {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        if try lock(descriptor, for: call) { return try body(true) }
        let file = Glibc.open("\(path)/\(Self.lockName)", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return try body(false) }
        defer { close(file) }
        return try body(try lock(file, for: call))
    }

    /// Takes the lock, which ends when the descriptor is closed; false when there is none to be had.
    ///
    /// Gives up with the call that it is for: what a client was told has failed must not happen afterwards.
    private func lock(_ descriptor: Int32, for call: BlockingCalls.Call?) throws(KeyStoreError) -> Bool {
        let end = ContinuousClock.now + Self.longestWait
        var pause: UInt32 = 500
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { return false }
            guard call?.isWithdrawn != true else { throw .cancelled }
            guard .now < end else { throw .unreachable("\(path) is locked by another program") }
            usleep(pause)
            pause = min(2 * pause, 20_000)
        }
        return true
    }

    /// Gives `body` the names of regular files, links to such among them, in any order.
    private func forEachFile(for call: BlockingCalls.Call? = nil, _ body: (String) -> Void) throws(KeyStoreError) {
        guard let stream = opendir(path) else { throw failure("list", path) }
        defer { closedir(stream) }
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw failure("list", path) }
                return
            }
            guard call?.isWithdrawn != true else { throw .cancelled }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if isRegular(name, type: entry.pointee.d_type) { body(name) }
        }
    }

    private func isRegular(_ name: String, type: UInt8) -> Bool {
        if Int(type) == Int(DT_REG) { return true }
        guard Int(type) == Int(DT_LNK) || Int(type) == Int(DT_UNKNOWN) else { return false }
        var status = stat()
        return stat("\(path)/\(name)", &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    private func makeDirectory() throws(KeyStoreError) {
        let code = coffer_make_directories(path, 0o700)
        guard code == 0 else { throw failure("create the directory", path, code) }
    }

    private func sync(_ directory: String) throws(KeyStoreError) {
        let descriptor = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", directory) }
        defer { close(descriptor) }
        // Not every file system can flush a directory.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure("flush", directory) }
    }

    /// What to throw where a key's file could not be reached: a missing file in a directory that is there is no failure.
    private func missing(_ operation: String, _ file: String) throws(KeyStoreError) -> KeyStoreError {
        let code = errno
        guard code == ENOENT else { return failure(operation, file, code) }
        _ = try check()
        return .keyNotFound
    }

    private func failure(_ operation: String, _ path: String, _ code: Int32 = errno) -> KeyStoreError {
        KeyStoreError(operation, path, errno: code)
    }
}
