import Glibc

/// Goes through the objects below a directory, in no order, with as many open directories as there are between it and
/// the object.
///
/// `@unchecked Sendable`: one task at a time goes on with it.
package final class ObjectWalk: @unchecked Sendable {
    /// What is met on the way.
    package enum Step: Sendable {
        case object(DriveEntry)
        /// Something below the directory could not be looked into.
        case unreadable(key: String, DriveFault)
    }

    /// Directories in each other: a key has 1024 bytes at most, and half of them may be slashes.
    private static let greatestDepth = 512
    private static let directoryMark = "__XLDIR__"

    private struct Level {
        let stream: DirectoryStream
        let path: String
        /// The key of the directory, with a slash at its end, or nothing at the top.
        let key: String
    }

    private let bucket: String
    private var levels: [Level] = []

    init(_ directory: String, bucket: String, prefix: String = "") throws(DriveFault) {
        self.bucket = bucket
        levels.append(Level(stream: try DirectoryStream(directory), path: directory, key: prefix))
    }

    /// The next steps, so many at most; none at the end.
    package func next(upTo count: Int) throws(DriveFault) -> [Step] {
        var steps: [Step] = []
        while steps.count < count, let step = try next() { steps.append(step) }
        return steps
    }

    package func next() throws(DriveFault) -> Step? {
        while let level = levels.last {
            guard let entry = try level.stream.next() else {
                levels.removeLast()
                continue
            }
            guard entry.isDirectory else { continue }
            guard let name = entry.name else {
                return .unreadable(key: level.key, .unsupported("a name that is not UTF-8"))
            }
            let path = "\(level.path)/\(name)"
            let key = level.key + name
            guard levels.count < Self.greatestDepth else {
                return .unreadable(key: key, .unsupported("more than \(Self.greatestDepth) directories in each other"))
            }
            do throws(DriveFault) {
                levels.append(Level(stream: try DirectoryStream(path), path: path, key: "\(key)/"))
            } catch {
                return .unreadable(key: key, error)
            }
            if DriveFiles.exists("\(path)/xl.meta"), !isDirectory("\(path)/xl.meta") {
                return .object(DriveEntry(bucket: bucket, key: Self.clientKey(key), directory: path))
            }
        }
        return nil
    }

    private func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// A key that ends with a slash is a directory of its name with a mark behind it.
    private static func clientKey(_ key: String) -> String {
        key.utf8.count > directoryMark.utf8.count && key.utf8.reversed().starts(with: directoryMark.utf8.reversed())
            ? String(decoding: key.utf8.dropLast(directoryMark.utf8.count), as: UTF8.self) + "/" : key
    }
}

/// The entries of a directory, one after another.
final class DirectoryStream {
    struct Entry {
        /// Nil when it is not UTF-8.
        let name: String?
        let isDirectory: Bool
    }

    private let stream: OpaquePointer
    private let path: String

    init(_ path: String) throws(DriveFault) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0, let stream = fdopendir(descriptor) else {
            let reason = String(cString: strerror(errno))
            if descriptor >= 0 { close(descriptor) }
            throw .unreadable("\(path): \(reason)")
        }
        self.stream = stream
        self.path = path
    }

    deinit { closedir(stream) }

    func next() throws(DriveFault) -> Entry? {
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw .unreadable("\(path): \(String(cString: strerror(errno)))") }
                return nil
            }
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if bytes == [0x2e] || bytes == [0x2e, 0x2e] { continue }
            var isDirectory = entry.pointee.d_type == UInt8(DT_DIR)
            if entry.pointee.d_type == UInt8(DT_UNKNOWN) {
                var status = stat()
                isDirectory =
                    (bytes + [0]).withUnsafeBufferPointer { name in
                        name.withMemoryRebound(to: CChar.self) { name in
                            name.baseAddress.map { fstatat(dirfd(stream), $0, &status, AT_SYMLINK_NOFOLLOW) }
                        }
                    } == 0 && status.st_mode & S_IFMT == S_IFDIR
            }
            return Entry(name: String(validating: bytes, as: UTF8.self), isDirectory: isDirectory)
        }
    }
}
