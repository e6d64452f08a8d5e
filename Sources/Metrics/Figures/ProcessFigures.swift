import CLinux
import Glibc

/// What the kernel says of this process.
struct ProcessFigures {
    /// User and system time, seconds.
    var cpuSeconds = 0.0
    /// Seconds since 1970.
    var startTime = 0.0
    var uptime = 0.0
    var residentBytes = 0
    var virtualBytes = 0
    var threads = 0
    var openFiles = 0
    var maxFiles = 0
    /// Bytes in live allocations.
    var heapBytes = Int(coffer_heap_bytes())
    /// `/proc/self/io`, by the names it has there.
    var io: [String: Int] = [:]

    init() {
        readStatus()
        for line in ProcFile.lines("/proc/self/io") {
            let fields = line.split { $0 == ":" || $0 == " " }
            if fields.count == 2, let number = Int(fields[1]) { io[String(fields[0])] = number }
        }
        openFiles = Self.count(ofDirectory: "/proc/self/fd")
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            maxFiles = Int(clamping: limit.rlim_cur)
        }
    }

    private mutating func readStatus() {
        let text = ProcFile.text("/proc/self/stat")
        // The program's name, which may hold anything, ends with the last parenthesis.
        guard let end = text.lastIndex(of: ")") else { return }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 21 else { return }
        let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        let page = max(1, sysconf(Int32(_SC_PAGESIZE)))
        cpuSeconds = ((Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)) / ticks
        threads = Int(fields[17]) ?? 0
        virtualBytes = Int(fields[20]) ?? 0
        residentBytes = (Int(fields[21]) ?? 0) * page
        let sinceBoot = (Double(fields[19]) ?? 0) / ticks
        let boot = ProcFile.text("/proc/uptime").split(separator: " ").first.flatMap { Double($0) } ?? 0
        uptime = max(0, boot - sinceBoot)
        startTime = Double(time(nil)) - uptime
    }

    private static func count(ofDirectory path: String) -> Int {
        guard let directory = opendir(path) else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // Itself and its parent, and the descriptor that this look has opened.
        return max(0, count - 3)
    }
}

/// A file that the kernel makes in memory.
enum ProcFile {
    /// 64 KiB at most; empty when there is none.
    static func text(_ path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 64 * 1024)
        var length = 0
        while length < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                read(file, buffer.baseAddress.map { $0 + length }, buffer.count - length)
            }
            guard count > 0 else { break }
            length += count
        }
        return String(decoding: bytes[..<length], as: UTF8.self)
    }

    static func lines(_ path: String) -> [Substring] { text(path).split(separator: "\n") }
}
