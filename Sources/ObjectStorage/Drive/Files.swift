import CLinux
import Glibc

/// Makes a directory of mode 0700 unless there is one.
func createDirectory(_ path: String) throws(StorageError) {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .system("mkdir \(path)", errno) }
}

/// Makes the names in a directory durable.
func syncDirectory(_ path: String) throws(StorageError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system("open \(path)", errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .syncFailed(operation: "fsync \(path)", errno: errno) }
}

/// The directory that a path lies in.
func parentDirectory(of path: String) -> String {
    let trimmed = path.utf8.reversed().drop { $0 == UInt8(ascii: "/") }
    let parent = trimmed.drop { $0 != UInt8(ascii: "/") }.drop { $0 == UInt8(ascii: "/") }
    if !parent.isEmpty { return String(decoding: parent.reversed(), as: UTF8.self) }
    return path.utf8.first == UInt8(ascii: "/") ? "/" : "."
}

/// The length of a file.
func fileLength(_ path: String) throws(StorageError) -> Int64 {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .system("stat \(path)", errno) }
    return Int64(status.st_size)
}

func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// The names in a directory, without the two dots; empty when there is no such directory.
func directoryEntries(_ path: String) throws(StorageError) -> [String] {
    guard let directory = opendir(path) else {
        if errno == ENOENT { return [] }
        throw .system("open \(path)", errno)
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names
}

/// Up to 4096 bytes of a file, or nil when there is none.
func readSmallFile(_ path: String) throws(StorageError) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
        if errno == ENOENT { return nil }
        throw .system("open \(path)", errno)
    }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    guard count >= 0 else { throw .system("read \(path)", errno) }
    return Array(bytes.prefix(count))
}

/// Puts a whole file in place at once: temporary name, sync, rename.
func writeSmallFile(_ path: String, _ bytes: [UInt8]) throws(StorageError) {
    let temporary = "\(path).new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .system("create \(temporary)", errno) }
    defer { close(descriptor) }
    let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    guard count == bytes.count else { throw .system("write \(temporary)", count < 0 ? errno : ENOSPC) }
    guard fsync(descriptor) == 0 else { throw .system("fsync \(temporary)", errno) }
    guard rename(temporary, path) == 0 else { throw .system("rename \(temporary)", errno) }
}

/// Makes everything durable that was written to the file system of a directory, names too.
package func syncFileSystem(of directory: String) throws(StorageError) {
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system("open \(directory)", errno) }
    defer { close(descriptor) }
    guard coffer_sync_file_system(descriptor) == 0 else {
        throw .syncFailed(operation: "syncfs \(directory)", errno: errno)
    }
}
