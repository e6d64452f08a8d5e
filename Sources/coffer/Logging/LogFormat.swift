import Glibc
import Logging
import Notation
import Requests

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
    HTTPDate.iso8601(Clock.milliseconds())
}
