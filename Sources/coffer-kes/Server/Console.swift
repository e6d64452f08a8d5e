import Glibc
import Systemd

/// What the server says to the person who started it.
enum Console {
    /// A line on standard output.
    static func say(_ line: String) { write(line, to: STDOUT_FILENO) }

    /// A line on standard error.
    ///
    /// - Parameter priority: For the journal, if it reads it.
    static func warn(_ line: String, _ priority: JournalPriority = .warning) {
        write(JournalStream.isStandardError ? priority.prefix + line : line, to: STDERR_FILENO)
    }

    /// One write(2) a line: lines of several threads never mix.
    private static func write(_ line: String, to descriptor: Int32) {
        var line = line
        line.append("\n")
        line.withUTF8 { bytes in _ = Glibc.write(descriptor, bytes.baseAddress, bytes.count) }
    }
}
