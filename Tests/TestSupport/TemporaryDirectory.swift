import Glibc

/// A fresh directory of its own, removed with all that it holds when the last reference goes.
package final class TemporaryDirectory: Sendable {
    /// The absolute path, without a slash at its end.
    package let path: String

    /// Makes the directory below the one that the variable TMPDIR names, else below /tmp.
    ///
    /// Throws the error number of `mkdtemp`.
    ///
    /// - Parameter inMemory: whether it is made in a file system that is in memory, if the machine has one.
    package init(inMemory: Bool = false) throws {
        let memory = "/dev/shm"
        let parent =
            inMemory && access(memory, W_OK) == 0
            ? memory : getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/coffer-test-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let made else { throw TemporaryDirectoryError(errno: errno) }
        path = made
    }

    deinit { removeTree(path) }
}

package struct TemporaryDirectoryError: Error {
    package let errno: Int32
}

/// Removes a file, or a directory with everything below it; symbolic links are removed, never followed.
package func removeTree(_ path: String) {
    if let directory = opendir(path) {
        var status = stat()
        let isLink = lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
        while !isLink, let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { removeTree("\(path)/\(name)") }
        }
        closedir(directory)
        if isLink { unlink(path) } else { rmdir(path) }
    } else {
        unlink(path)
    }
}
