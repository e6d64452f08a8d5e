import Glibc
import KESProtocol

/// The file of a plain key that is about to lose its name to the sealed one.
///
/// Its blocks stay on the disk then, so it has to be overwritten. Until it is, it is held by a further name, `.plain-NAME`, by
/// which the next run finds it when this one is killed. On a file system without hard links it is held by a descriptor
/// alone, and a run that is killed between the two steps leaves the blocks behind.
///
/// Every call blocks.
final class PlainOriginal {
    /// What the further names begin with; no key's does.
    static let prefix = ".plain-"

    enum End {
        case overwritten
        /// Another name still leads to it, as backups by hard links have them, so it was left as it is.
        case hasFurtherNames
        /// It is as it was, and under its further name still, if it had one.
        case failed(String)
    }

    private let path: String
    private let heldPath: String
    private let isHeld: Bool
    private let descriptor: Int32
    private let openingError: Int32

    /// Holds the key's file; throws ``KeyStoreError/keyNotFound`` when there is none.
    init(holding name: KeyName, in directory: String) throws(KeyStoreError) {
        path = "\(directory)/\(name)"
        heldPath = "\(directory)/\(Self.prefix)\(name)"
        if linkat(AT_FDCWD, path, AT_FDCWD, heldPath, AT_SYMLINK_FOLLOW) == 0 {
            isHeld = true
        } else {
            switch errno {
            case ENOENT: throw .keyNotFound
            case EPERM, EOPNOTSUPP, ENOSYS, EXDEV, EMLINK: isHeld = false
            case let code: throw KeyStoreError("link", path, errno: code)
            }
        }
        (descriptor, openingError) = Self.open(isHeld ? heldPath : path)
    }

    /// What a run that was interrupted has left.
    init(leftOverOf name: KeyName, in directory: String) {
        path = "\(directory)/\(name)"
        heldPath = "\(directory)/\(Self.prefix)\(name)"
        isHeld = true
        (descriptor, openingError) = Self.open(heldPath)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    private static func open(_ path: String) -> (Int32, Int32) {
        let descriptor = Glibc.open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK)
        return (descriptor, descriptor < 0 ? errno : 0)
    }

    /// Whether the key's own name leads to it still.
    var isNamed: Bool {
        var (own, held) = (stat(), stat())
        guard stat(path, &own) == 0 else { return false }
        let isThere = isHeld ? stat(heldPath, &held) == 0 : descriptor >= 0 && fstat(descriptor, &held) == 0
        return isThere && own.st_ino == held.st_ino && own.st_dev == held.st_dev
    }

    /// Lets go of it, which keeps its own name.
    func release() { if isHeld { unlink(heldPath) } }

    /// Puts zeros over what it held and takes its further name away.
    ///
    /// What the device keeps of the old blocks is the device's matter.
    func overwrite() -> End {
        var status = stat()
        guard descriptor >= 0 else { return failure("open", openingError) }
        guard fstat(descriptor, &status) == 0 else { return failure("examine", errno) }
        guard status.st_nlink <= (isHeld ? 1 : 0) else {
            release()
            return .hasFurtherNames
        }
        let zeros = [UInt8](repeating: 0, count: Int(status.st_size))
        var written = 0
        while written < zeros.count {
            let count = zeros.withUnsafeBytes { bytes in
                pwrite(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written, off_t(written))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return failure("overwrite", errno) }
            written += count
        }
        guard fsync(descriptor) == 0 else { return failure("flush", errno) }
        release()
        return .overwritten
    }

    private func failure(_ operation: String, _ code: Int32) -> End {
        .failed("cannot \(operation) \(isHeld ? heldPath : path): \(String(cString: strerror(code)))")
    }
}
