import Glibc

/// What the kernel has counted for a process.
struct ProcessStatistics: Sendable {
    /// User and kernel time of all its threads, in steps of a clock tick (10 ms).
    var cpuSeconds: Double
    /// The largest resident set since the start, or since the last ``resetPeak(of:)``.
    var peakResidentBytes: Int

    /// Nil when the process has gone.
    init?(of process: pid_t) {
        guard let stat = textFile("/proc/\(process)/stat"), let status = textFile("/proc/\(process)/status"),
            // The command in parentheses may contain anything; the fields start behind its end.
            let end = stat.lastIndex(of: ")")
        else { return nil }
        let fields = stat[end...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let kernel = Double(fields[13]) else { return nil }
        cpuSeconds = (user + kernel) / Double(sysconf(Int32(_SC_CLK_TCK)))
        let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        peakResidentBytes = (peak.flatMap { Int($0.filter(\.isNumber)) } ?? 0) * 1024
    }

    /// Lets the peak start again from the present size; without the right to, it stays that of the whole life.
    static func resetPeak(of process: pid_t) {
        let file = open("/proc/\(process)/clear_refs", O_WRONLY)
        guard file >= 0 else { return }
        _ = write(file, "5", 1)
        close(file)
    }
}
