import Glibc

/// The content of a small file, also of those in /proc that have no size; nil when it cannot be read.
func textFile(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var content: [UInt8] = []
    while true {
        let before = content.count
        content.append(contentsOf: repeatElement(0, count: 65536))
        let count = content.withUnsafeMutableBytes { read(file, $0.baseAddress?.advanced(by: before), 65536) }
        content.removeLast(65536 - max(0, count))
        if count <= 0 { return String(decoding: content, as: UTF8.self) }
    }
}

func writeTextFile(_ path: String, _ text: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw BenchError("\(path): \(String(cString: strerror(errno)))") }
    defer { close(file) }
    let bytes = Array(text.utf8)
    guard write(file, bytes, bytes.count) == bytes.count else { throw BenchError("\(path): cannot be written") }
}

/// The last lines of a log, for an error message.
func lastLines(of path: String, count: Int = 15) -> String {
    (textFile(path) ?? "").split(separator: "\n").suffix(count).joined(separator: "\n")
}

/// The names in a directory, without `.` and `..`.
func directoryEntries(_ path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name != ".", name != ".." { names.append(name) }
    }
    return names
}
