import Glibc

/// Keeps the process's memory, and with it every key, out of the swap space.
enum LockedMemory {
    case locked
    /// Why not, for the operator.
    case unlocked(String)

    /// Locks all memory, present and future.
    ///
    /// Not where a limit is in force: the lock would hold at first, and the allocation that reaches the limit would be
    /// the end of the process.
    static func lockAll() -> LockedMemory {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit)
        guard limit.rlim_cur == rlim_t.max || mayExceedLimits() else {
            return .unlocked(
                "the limit for locked memory is \(limit.rlim_cur / 1024) KiB; lift it with LimitMEMLOCK=infinity, "
                    + "ulimit -l unlimited, or the capability IPC_LOCK")
        }
        // Pages are locked as they come into use: whole stacks would otherwise be memory at once.
        let onFault: Int32 = 4
        if mlockall(MCL_CURRENT | MCL_FUTURE | onFault) == 0 { return .locked }
        if errno == EINVAL, mlockall(MCL_CURRENT | MCL_FUTURE) == 0 { return .locked }
        return .unlocked(String(cString: strerror(errno)))
    }

    /// Whether the process has the capability IPC_LOCK.
    private static func mayExceedLimits() -> Bool {
        guard let file = fopen("/proc/self/status", "re") else { return false }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 256)
        while fgets(&buffer, Int32(buffer.count), file) != nil {
            let line = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            guard line.hasPrefix("CapEff:") else { continue }
            let digits = line.dropFirst("CapEff:".count).filter { !$0.isWhitespace }
            return UInt64(digits, radix: 16).map { $0 & 1 << 14 != 0 } ?? false
        }
        return false
    }
}
