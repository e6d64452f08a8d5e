import Glibc
import Synchronization

/// The drive's directory: made, locked for one process, and of a format that this release reads.
final class DriveDirectory: Sendable {
    static let supportedFormat = 2

    let path: String
    /// The locked file; nil once released.
    private let lock: Mutex<Int32?>

    /// Makes the directory when its parent exists, takes the lock, and writes or checks the format.
    init(_ path: String) throws(StorageError) {
        self.path = path
        try Self.makeDirectory(path)
        let descriptor = try Self.takeLock(path)
        lock = Mutex(descriptor)
        do throws(StorageError) {
            try Self.checkFormat(path)
            try createDirectory("\(path)/blobs")
            try syncDirectory(path)
        } catch {
            release()
            throw error
        }
    }

    deinit { release() }

    /// Lets another process open the drive.
    func release() {
        lock.withLock { descriptor in
            if let open = descriptor { Glibc.close(open) }
            descriptor = nil
        }
    }

    private static func makeDirectory(_ path: String) throws(StorageError) {
        if mkdir(path, 0o700) == 0 { return }
        let number = errno
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw .unusable("cannot make the drive \(path): \(errorText(number))")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw .unusable("the drive \(path) is not a directory")
        }
        guard access(path, R_OK | W_OK | X_OK) == 0 else {
            throw .unusable("the drive \(path) cannot be written: \(errorText(errno))")
        }
    }

    private static func takeLock(_ path: String) throws(StorageError) -> Int32 {
        let descriptor = open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .unusable("the drive \(path) cannot be written: \(errorText(errno))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            Glibc.close(descriptor)
            if number == EWOULDBLOCK { throw .driveLocked(path) }
            throw .unusable("the drive \(path) cannot be locked: \(errorText(number))")
        }
        return descriptor
    }

    private static func checkFormat(_ path: String) throws(StorageError) {
        guard let text = try readSmallFile("\(path)/format") else {
            guard access("\(path)/coffer.db", F_OK) != 0 else {
                throw .unusable("the drive \(path) has a catalogue but no format file")
            }
            // The name of the directory itself must not go with a power cut either.
            try syncDirectory(parentDirectory(of: path))
            return try writeFormat(path)
        }
        let words = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 3, words[0] == "coffer", words[1] == "drive", let found = Int(words[2]) else {
            throw .unusable("\(path)/format is not that of a drive")
        }
        guard found <= supportedFormat else { throw .newerFormat(found: found, supported: supportedFormat) }
        // Before anything is written that a former release would not understand.
        if found < supportedFormat { try writeFormat(path) }
    }

    private static func writeFormat(_ path: String) throws(StorageError) {
        try writeSmallFile("\(path)/format", Array("coffer drive \(supportedFormat)\n".utf8))
        try syncDirectory(path)
    }
}
