import Glibc

/// What the operating system says of the process.
enum SystemFacts {
    /// Processors that are there.
    static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// Bytes of memory that the process has; 0 when the system does not say.
    static var residentBytes: UInt64 {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = fread(&bytes, 1, bytes.count, file)
        let pages = bytes[..<count].split(separator: UInt8(ascii: " ")).dropFirst().first
        return (pages.flatMap { UInt64(String(decoding: $0, as: UTF8.self)) } ?? 0)
            * UInt64(sysconf(Int32(_SC_PAGESIZE)))
    }
}
