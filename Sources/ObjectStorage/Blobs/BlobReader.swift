import Glibc

/// An open blob file.
///
/// Any number of threads may read at once.
package final class BlobReader: Sendable {
    /// Bytes of the file.
    package let length: Int64
    private let descriptor: Int32

    /// Throws `io` with `ENOENT` when the file is not there.
    init(path: String) throws(StorageError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("open a blob", errno) }
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
    /// Blocks.
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
}
