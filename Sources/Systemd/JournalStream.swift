import Glibc

/// How urgent a line of a log is, as syslog(3) counts.
package enum JournalPriority: UInt8, Sendable {
    case error = 3
    case warning = 4
    case notice = 5
    case info = 6
    case debug = 7

    /// Before a line that goes to the journal, which takes it off (sd-daemon(3)): `<3>`.
    package var prefix: String { "<\(rawValue)>" }
}

/// Whether what this process writes goes to systemd's journal.
package enum JournalStream {
    /// Whether lines on the standard error may have a priority's prefix.
    package static let isStandardError = isJournal(STDERR_FILENO)
    /// Whether lines on the standard output may have one.
    package static let isStandardOutput = isJournal(STDOUT_FILENO)

    /// Whether a descriptor is what `JOURNAL_STREAM` says that the journal reads: `DEVICE:INODE`.
    ///
    /// The variable alone says nothing: a shell may have sent the output to a file.
    package static func isJournal(_ descriptor: Int32, stream: String) -> Bool {
        let parts = stream.split(separator: ":", omittingEmptySubsequences: false)
        var status = stat()
        guard parts.count == 2, let device = UInt64(parts[0]), let inode = UInt64(parts[1]),
            fstat(descriptor, &status) == 0
        else { return false }
        return UInt64(status.st_dev) == device && UInt64(status.st_ino) == inode
    }

    private static func isJournal(_ descriptor: Int32) -> Bool {
        getenv("JOURNAL_STREAM").map { isJournal(descriptor, stream: String(cString: $0)) } ?? false
    }
}
