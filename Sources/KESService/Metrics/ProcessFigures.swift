import CLinux
import Glibc

/// What the process uses of the machine, as status and metrics tell it.
struct ProcessFigures {
    let processors: Int
    let usableProcessors: Int
    /// Bytes in live allocations.
    let heapBytes: Int
    /// Bytes of the first thread's stack.
    let stackBytes: Int
    let threads: Int

    /// The figures of this process at this moment.
    init() {
        processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let usable = Int(coffer_usable_processors())
        usableProcessors = usable > 0 ? usable : processors
        heapBytes = Int(coffer_heap_bytes())
        var stackBytes = 0
        var threads = 1
        for line in Self.status().split(separator: "\n") {
            let fields = line.split { $0 == " " || $0 == "\t" }
            guard fields.count > 1, let number = Int(fields[1]) else { continue }
            if fields[0] == "VmStk:" { stackBytes = number * 1024 }
            if fields[0] == "Threads:" { threads = number }
        }
        self.stackBytes = stackBytes
        self.threads = threads
    }

    /// The kernel's account of this process, which it makes in memory.
    private static func status() -> String {
        let file = open("/proc/self/status", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        let text = [UInt8](unsafeUninitializedCapacity: 8192) { buffer, count in
            count = max(0, read(file, buffer.baseAddress, buffer.count))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The processor's architecture by the name that Go has for it, which KES shows.
    static let operatingSystem = "linux"
    #if arch(arm64)
        static let architecture = "arm64"
    #else
        static let architecture = "amd64"
    #endif
}
