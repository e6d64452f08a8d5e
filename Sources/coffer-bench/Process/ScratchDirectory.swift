import Glibc

/// A directory of this run's own, removed with all it holds when nothing refers to it any more.
final class ScratchDirectory: Sendable {
    let path: String

    /// - Parameter parent: a directory on the drive to measure, not one in memory.
    init(in parent: String) throws {
        var template = Array("\(parent)/coffer-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw BenchError("cannot create a directory in \(parent): \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        for name in directoryEntries(path) {
            let child = "\(path)/\(name)"
            if unlink(child) != 0 { remove(child) }
        }
        rmdir(path)
    }
}
