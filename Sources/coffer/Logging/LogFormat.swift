import Glibc
import Logging

/// How the log is written: for people, or as JSON lines.
///
/// Always to standard error.
struct LogFormat {
    private let isJSON: Bool
    private let level: Logger.Level

    init(_ configuration: ServerConfiguration) {
        isJSON = configuration.logsJSON
        level = configuration.logsDebug ? .debug : .notice
    }

    func logger() -> Logger {
        var logger = Logger(label: "coffer") { [isJSON] _ in
            if isJSON { JSONLogHandler() } else { ConsoleLogHandler() }
        }
        logger.logLevel = level
        return logger
    }
}

/// One write(2) a line: lines of several threads never mix.
func writeLine(_ line: String, to descriptor: Int32 = STDERR_FILENO) {
    var line = line
    line.append("\n")
    line.withUTF8 { bytes in _ = write(descriptor, bytes.baseAddress, bytes.count) }
}

/// `2026-01-31T12:00:00.123Z`.
func logTime() -> String {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    var parts = tm()
    gmtime_r(&now.tv_sec, &parts)
    func digits(_ value: some BinaryInteger, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
    return "\(parts.tm_year + 1900)-\(digits(parts.tm_mon + 1, 2))-\(digits(parts.tm_mday, 2))T"
        + "\(digits(parts.tm_hour, 2)):\(digits(parts.tm_min, 2)):\(digits(parts.tm_sec, 2))."
        + "\(digits(now.tv_nsec / 1_000_000, 3))Z"
}
