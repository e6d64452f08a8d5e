import Glibc

/// What the kernel says of the machine.
struct SystemFigures {
    /// Shares of all processors' time since the machine started, in percent, by the names of `/proc/stat`.
    var cpu: [(name: String, percent: Double)] = []
    /// The means of one, five and fifteen minutes.
    var load: [Double] = [0, 0, 0]
    /// `/proc/meminfo` in bytes, by the names it has there.
    var memory: [String: Int] = [:]
    let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    /// Bytes and errors of each network interface but the machine's own.
    var interfaces: [(name: String, received: Int, receiveErrors: Int, sent: Int, sendErrors: Int)] = []

    init() {
        if let line = ProcFile.lines("/proc/stat").first {
            let numbers = line.split(separator: " ").dropFirst().compactMap { Double($0) }
            let total = max(1, numbers.reduce(0, +))
            let names = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"]
            cpu = zip(names, numbers).map { ($0, $1 / total * 100) }
        }
        let means = ProcFile.text("/proc/loadavg").split(separator: " ").prefix(3).compactMap { Double($0) }
        if means.count == 3 { load = means }
        for line in ProcFile.lines("/proc/meminfo") {
            let fields = line.split { $0 == ":" || $0 == " " }
            if fields.count >= 2, let number = Int(fields[1]) { memory[String(fields[0])] = number * 1024 }
        }
        for line in ProcFile.lines("/proc/net/dev") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = line[..<colon].drop { $0 == " " }
            let numbers = line[line.index(after: colon)...].split(separator: " ").compactMap { Int($0) }
            guard name != "lo", numbers.count >= 11 else { continue }
            interfaces.append((String(name), numbers[0], numbers[2], numbers[8], numbers[10]))
        }
    }
}

/// What the file system says that holds the drive.
struct DriveFigures {
    var totalBytes = 0
    /// For everybody; what only the system's own processes may use counts as used.
    var freeBytes = 0
    var totalFiles = 0
    var freeFiles = 0

    var usedBytes: Int { totalBytes - freeBytes }
    var usedFiles: Int { totalFiles - freeFiles }

    init(path: String) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return }
        let block = Int(status.f_frsize)
        totalBytes = Int(status.f_blocks) * block
        freeBytes = Int(status.f_bavail) * block
        totalFiles = Int(status.f_files)
        freeFiles = Int(status.f_favail)
    }
}
