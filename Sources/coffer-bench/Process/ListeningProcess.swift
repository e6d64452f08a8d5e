import Glibc

/// Finds the process on this machine that listens on a TCP port; nil when there is none, or it belongs to somebody else.
///
/// The way leads from the socket's inode in /proc/net/tcp to the process that has it open.
func processListening(on port: UInt16) -> pid_t? {
    let inodes = Set(["/proc/net/tcp", "/proc/net/tcp6"].flatMap { listeningInodes(in: $0, port: port) })
    guard !inodes.isEmpty else { return nil }
    for process in directoryEntries("/proc").compactMap({ pid_t($0) }) {
        let directory = "/proc/\(process)/fd"
        for name in directoryEntries(directory) where inodes.contains(linkTarget("\(directory)/\(name)")) {
            return process
        }
    }
    return nil
}

/// The sockets listening on `port` in a table of the kernel, as the link text of their descriptors.
private func listeningInodes(in table: String, port: UInt16) -> [String] {
    let listening = "0A"
    return (textFile(table) ?? "").split(separator: "\n").dropFirst().compactMap { line in
        let fields = line.split(separator: " ")
        guard fields.count > 9, fields[3] == listening, let colon = fields[1].lastIndex(of: ":"),
            UInt16(fields[1][colon...].dropFirst(), radix: 16) == port
        else { return nil }
        return "socket:[\(fields[9])]"
    }
}

private func linkTarget(_ path: String) -> String {
    var target = [CChar](repeating: 0, count: 256)
    let count = readlink(path, &target, target.count)
    return String(decoding: target.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
