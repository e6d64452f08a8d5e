import CLinux
import Glibc

/// An open blob file.
///
/// Any number of threads may read at once.
package final class BlobReader: Sendable {
    /// Bytes of the file.
    package let length: Int64
    private let descriptor: Int32

    /// Throws `blobMissing` when the file is not there, and `io` when it cannot be opened for another reason.
    ///
    /// May wait for the device that has the directory.
    convenience init(_ id: BlobID, path: String) throws(StorageError) {
        try self.init(id, opened: open(path, O_RDONLY | O_CLOEXEC))
    }

    /// As ``init(_:path:)``, but nil where a device would have to be waited for, or where the system cannot tell.
    convenience init?(cached id: BlobID, path: String) throws(StorageError) {
        let descriptor = coffer_open_cached(path)
        if descriptor < 0 {
            switch errno {
            case EAGAIN, ENOSYS, EINVAL, EPERM: return nil
            default: break
            }
        }
        try self.init(id, opened: descriptor)
    }

    /// Takes what a call to open the file has returned: a descriptor, or a negative number with the reason in `errno`.
    private init(_ id: BlobID, opened descriptor: Int32) throws(StorageError) {
        guard descriptor >= 0 else {
            throw errno == ENOENT ? .blobMissing(id) : .system("open a blob", errno)
        }
        self.descriptor = descriptor
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let number = errno
            close(descriptor)
            throw .system("stat a blob", number)
        }
        length = Int64(status.st_size)
    }

    deinit { close(descriptor) }

    /// Fills the buffer from the given place; returns fewer bytes than it holds only at the end of the file.
    ///
    /// Blocks the thread until the bytes are read.
    package func read(
        at offset: Int64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(StorageError) -> Int {
        var done = 0
        while done < buffer.count {
            let count = pread(
                descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done, off_t(offset) + done)
            if count == 0 { break }
            if count > 0 {
                done += count
            } else if errno != EINTR {
                throw .system("read a blob", errno)
            }
        }
        return done
    }

    /// What ``read(at:into:)`` would give, if the page cache has all of it; nil when a device or another thread would have
    /// to be waited for, or when the system cannot tell.
    ///
    /// Microseconds; may be called on an event loop.
    package func readIfCached(
        at offset: Int64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(StorageError) -> Int? {
        let wanted = Int(min(Int64(buffer.count), max(0, length - offset)))
        var done = 0
        while done < wanted {
            let count = coffer_read_cached(
                descriptor, buffer.baseAddress?.advanced(by: done), wanted - done, off_t(offset) + done)
            if count > 0 {
                done += count
                continue
            }
            if count == 0 { return nil }
            switch errno {
            case EINTR: continue
            case EAGAIN, EOPNOTSUPP, ENOSYS, EINVAL: return nil
            case let number: throw .system("read a blob", number)
            }
        }
        return done
    }
}
