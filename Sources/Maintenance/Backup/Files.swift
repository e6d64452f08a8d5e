import Glibc
import ObjectStorage
import S3Protocol
import Threading

/// What backups do with files; all of it blocks.
enum Files {
    private static let block = 1 << 20

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func remove(_ path: String) { _ = Glibc.unlink(path) }

    /// The length of a file; nil for what is no file.
    static func length(_ path: String) -> Int64? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(status.st_size)
    }

    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func makeDirectory(_ path: String) throws(BackupFailure) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST && isDirectory(path) else { throw failure(path) }
    }

    /// Makes the directories of a path that are missing below one that is there.
    static func makeDirectories(above path: String, below root: String) throws(BackupFailure) {
        var directory = root
        for name in path.dropFirst(root.count).split(separator: "/").dropLast() {
            directory += "/\(name)"
            if !exists(directory) { try makeDirectory(directory) }
        }
    }

    /// The names in a directory; none when it is not there.
    static func entries(_ path: String) throws(BackupFailure) -> [String] {
        guard let directory = opendir(path) else {
            if errno == ENOENT { return [] }
            throw failure(path)
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func unlink(_ path: String) throws(BackupFailure) {
        guard Glibc.unlink(path) == 0 || errno == ENOENT else { throw failure(path) }
    }

    static func removeIfEmpty(directoryOf path: String) {
        guard let slash = path.lastIndex(of: "/") else { return }
        _ = rmdir(String(path[..<slash]))
    }

    /// Takes a lock that goes with the process.
    ///
    /// - Throws: when another process has it.
    static func lock(
        _ path: String, heldFor reason: String = "another backup is being taken to this place"
    ) throws(BackupFailure) -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw BackupFailure("\(path): \(reason)")
        }
        return descriptor
    }

    static func unlock(_ descriptor: Int32) { close(descriptor) }

    static func sync(_ path: String) throws(BackupFailure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        guard fdatasync(descriptor) == 0 else { throw failure(path) }
    }

    static func rename(_ path: String, to target: String) throws(BackupFailure) {
        guard Glibc.rename(path, target) == 0 else { throw failure(target) }
    }

    static func contents(_ path: String) throws(BackupFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        try forEachBlock(of: path) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// A new file, durable but for its name.
    static func write(_ bytes: [UInt8], to path: String) throws(BackupFailure) {
        let file = try NewFile(path)
        try file.append(bytes)
        try file.finish()
    }

    /// Copies a file to a new one, which is durable but for its name, and reads it once more to compare.
    ///
    /// - Returns: its length.
    static func copy(_ source: String, to target: String) throws(BackupFailure) -> Int64 {
        let file = try NewFile(target)
        try forEachBlock(of: source) { (block) throws(BackupFailure) in try file.append(block) }
        try file.finish()
        return file.length
    }

    static func checksum(of path: String) throws(BackupFailure) -> String {
        let sum = S3ChecksumCalculator(.crc64nvme)
        try forEachBlock(of: path) { sum.update($0) }
        return sum.finalize().base64
    }

    fileprivate static func forEachBlock(
        of path: String, _ body: (UnsafeRawBufferPointer) throws(BackupFailure) -> Void
    ) throws(BackupFailure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: block, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count == 0 { return }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure(path)
            }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    static func failure(_ path: String) -> BackupFailure {
        BackupFailure("\(path): \(String(cString: strerror(errno)))")
    }
}

/// A file that is being written, and compared at its end with what it was made of.
package final class NewFile {
    private let path: String
    private let descriptor: Int32
    private let sum = S3ChecksumCalculator(.crc64nvme)
    package private(set) var length: Int64 = 0

    /// - Throws: when it is there, or cannot be made.
    package init(_ path: String) throws(BackupFailure) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Files.failure(path) }
    }

    deinit { close(descriptor) }

    package func append(_ bytes: [UInt8]) throws(BackupFailure) {
        let outcome = bytes.withUnsafeBytes { bytes in
            Result { () throws(BackupFailure) in try append(bytes) }
        }
        try outcome.get()
    }

    package func append(_ bytes: UnsafeRawBufferPointer) throws(BackupFailure) {
        var done = 0
        while done < bytes.count {
            let count = write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
            if count < 0 {
                if errno == EINTR { continue }
                throw Files.failure(path)
            }
            done += count
        }
        sum.update(bytes)
        length += Int64(bytes.count)
    }

    /// Syncs it, and reads what is there: from the device, where the system lets go of what it has in memory.
    package func finish() throws(BackupFailure) {
        guard fdatasync(descriptor) == 0 else { throw Files.failure(path) }
        _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
        let written = try Files.checksum(of: path)
        guard Files.length(path) == length, written == sum.finalize().base64 else {
            throw BackupFailure("\(path): what was read back is not what was written")
        }
    }
}

/// A hold on a drive's files that is taken and let go of by different tasks.
final class Held: Sendable {
    private let hold = ShortLock<FileHold?>(nil)

    func keep(_ new: FileHold) { hold.withLock { $0 = new } }
    func release() { hold.withLock { $0 }?.release() }
}
