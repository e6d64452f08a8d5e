import Glibc
import Logging
import Notation
import Requests
import Systemd
import Threading

/// How the log is written: for people, or as JSON lines.
///
/// To standard error, or to the journal that reads it, and never waiting: requests are served by the threads that log.
struct LogFormat {
    private let isJSON: Bool
    let levels: LogLevels
    /// What was logged lately.
    let feed = LogFeed()
    private let writer: LineWriter
    /// `nil` unless systemd's journal reads the standard error: then lines go to it as entries with fields.
    private let journal: JournalSocket?

    init(_ configuration: ServerConfiguration) {
        isJSON = configuration.logsJSON
        levels = LogLevels(configuration.logsDebug ? .debug : .notice)
        levels.apply(configuration.runtime.logLevels)
        journal = JournalStream.isStandardError && !isJSON ? JournalSocket(configuration.journalSocket) : nil
        let line = isJSON ? JSONLogHandler.line : ConsoleLogHandler.line
        writer = LineWriter(STDERR_FILENO) { count in
            let message: Logger.Message = "lines of this log were lost: nobody took them in time"
            return Array("\(Self.prefix(.warning))\(line(.warning, message, ["lines": "\(count)"]))\n".utf8)
        }
    }

    func logger(_ part: LogPart) -> Logger {
        let level = levels.level(of: part)
        return Logger(label: "coffer.\(part.rawValue)") { [isJSON, writer, feed, journal] _ in
            if let journal {
                JournalLogHandler(journal: journal, writer: writer, part: part, level: level, feed: feed)
            } else if isJSON {
                JSONLogHandler(writer: writer, level: level, feed: feed)
            } else {
                ConsoleLogHandler(writer: writer, level: level, feed: feed)
            }
        }
    }

    /// What the journal, if it reads the standard error, knows a line's priority by; else nothing.
    static func prefix(_ level: Logger.Level) -> String {
        JournalStream.isStandardError ? priority(level).prefix : ""
    }

    static func priority(_ level: Logger.Level) -> JournalPriority {
        switch level {
        case .trace, .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error, .critical: .error
        }
    }

    /// Lines that nobody took in time.
    var lostLines: Int { writer.droppedCount }

    /// Returns when every line has been written, or after two seconds when nobody takes them.
    func flush() { writer.flush() }
}

/// Writes a line at once, for commands that end: one write(2), and it may wait for the reader.
func writeLine(_ line: String, to descriptor: Int32 = STDERR_FILENO) {
    var line = line
    line.append("\n")
    line.withUTF8 { bytes in _ = write(descriptor, bytes.baseAddress, bytes.count) }
}

/// `2026-01-31T12:00:00.123Z`.
func logTime() -> String {
    HTTPDate.iso8601(Clock.milliseconds())
}
