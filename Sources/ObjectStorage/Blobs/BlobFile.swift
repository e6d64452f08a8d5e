import CLinux
import Glibc
import Synchronization

/// A blob file that is being written.
///
/// Its calls block; the caller makes them one at a time.
final class BlobFile: Sendable {
    private let descriptor: Int32
    private let isDirect: Atomic<Bool>

    private let path: String
    private let syncFault: (@Sendable (String) -> Int32?)?

    /// Creates the file under its final name.
    init(path: String, direct: Bool, syncFault: (@Sendable (String) -> Int32?)? = nil) throws(StorageError) {
        var isDirect: Int32 = 0
        descriptor = coffer_create_file(path, direct ? 1 : 0, &isDirect)
        guard descriptor >= 0 else { throw .system("create a blob", errno) }
        self.isDirect = Atomic(isDirect != 0)
        self.path = path
        self.syncFault = syncFault
    }

    deinit { close(descriptor) }

    /// Writes all of the bytes; past the page cache, where that is in use, which takes whole blocks.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(StorageError) {
        var done = 0
        while done < bytes.count {
            let count = pwrite(
                descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(offset) + done)
            if count > 0 {
                done += count
            } else if count == 0 {
                throw .diskFull
            } else if errno == EINVAL && isDirect.exchange(false, ordering: .relaxed) {
                guard coffer_clear_direct(descriptor) == 0 else { throw .system("write a blob", errno) }
            } else if errno != EINTR {
                throw .system("write a blob", errno)
            }
        }
    }

    /// Writes the last bytes of the buffer, cuts the file to its length, and makes it durable.
    func finish(_ tail: AlignedBuffer?, count: Int, at offset: Int64) throws(StorageError) {
        if let tail, count > 0 {
            var length = count
            if isDirect.load(ordering: .relaxed) {
                length = (count + AlignedBuffer.alignment - 1) / AlignedBuffer.alignment * AlignedBuffer.alignment
                // What pads the last block must not be what an earlier body left in the buffer.
                UnsafeMutableRawBufferPointer(rebasing: tail.bytes[count..<length]).initializeMemory(
                    as: UInt8.self, repeating: 0)
            }
            try write(UnsafeRawBufferPointer(rebasing: tail.bytes[..<length]), at: offset)
            if length != count {
                guard ftruncate(descriptor, off_t(offset) + count) == 0 else { throw .system("cut a blob", errno) }
            }
        }
    }

    /// Makes the bytes durable; after a failure the file must not be used.
    ///
    /// Throws `syncFailed`, or `diskFull`.
    func sync() throws(StorageError) {
        if let number = syncFault?(path) { throw failedSync(number) }
        guard fdatasync(descriptor) == 0 else { throw failedSync(errno) }
    }

    /// Where there was no room for what the system had promised to write, this file alone is lost.
    private func failedSync(_ number: Int32) -> StorageError {
        let error = StorageError.system("sync a blob", number)
        return error == .diskFull ? error : .syncFailed(operation: "sync a blob", errno: number)
    }
}
