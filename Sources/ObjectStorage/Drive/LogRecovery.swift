import Glibc

/// Makes what a write-ahead log holds durable before anybody builds on it.
///
/// After an unclean end the page cache may hold pages of the log that a failed sync has left there as clean: they read
/// well, a further sync writes nothing, and a power cut takes them away. Therefore each byte is written once more, in
/// its place, and synced. A crash meanwhile leaves what was there: the bytes are the same.
///
/// Returns false when there is no log, as after a clean end.
func rewriteLog(_ path: String) throws(StorageError) -> Bool {
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else {
        if errno == ENOENT { return false }
        throw .system("open \(path)", errno)
    }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var offset: off_t = 0
    while true {
        let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, offset) }
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { throw .system("read \(path)", errno) }
        guard count > 0 else { break }
        var done = 0
        while done < count {
            let written = buffer.withUnsafeBytes { bytes in
                pwrite(descriptor, bytes.baseAddress?.advanced(by: done), count - done, offset + off_t(done))
            }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw .system("write \(path)", written < 0 ? errno : ENOSPC) }
            done += written
        }
        offset += off_t(count)
    }
    guard fsync(descriptor) == 0 else { throw .syncFailed(operation: "fsync \(path)", errno: errno) }
    return offset > 0
}
