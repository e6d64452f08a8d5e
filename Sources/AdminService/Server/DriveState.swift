import Glibc

/// What the operating system says of the drive: bytes and inodes of its file system.
struct DriveState: Sendable {
    let total: UInt64
    let available: UInt64
    let inodes: UInt64
    let freeInodes: UInt64
    /// Of the device's number.
    let major: UInt64
    let minor: UInt64

    var used: UInt64 { total - min(total, available) }

    /// Zeros for what cannot be had.
    init(directory: String) {
        var system = statvfs()
        if statvfs(directory, &system) == 0 {
            total = UInt64(system.f_blocks) * UInt64(system.f_frsize)
            available = UInt64(system.f_bavail) * UInt64(system.f_frsize)
            inodes = UInt64(system.f_files)
            freeInodes = UInt64(system.f_ffree)
        } else {
            (total, available, inodes, freeInodes) = (0, 0, 0, 0)
        }
        var status = stat()
        let device = stat(directory, &status) == 0 ? UInt64(status.st_dev) : 0
        // As the C library takes a device's number apart.
        major = (device >> 8 & 0xFFF) | (device >> 32 & 0xFFFF_F000)
        minor = (device & 0xFF) | (device >> 12 & 0xFFFF_FF00)
    }
}
