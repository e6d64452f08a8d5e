import JSON
import Logging
import Requests
import Threading

/// A line for people: time, level where it matters, message, then `key=value` pairs.
struct ConsoleLogHandler: LogHandler {
    let writer: LineWriter
    let level: LogLevel
    let feed: LogFeed
    var metadata: Logger.Metadata = [:]

    /// Of the whole part.
    var logLevel: Logger.Level {
        get { level.level }
        set { level.level = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 })
        feed.publish(event.level, "\(event.message)", all, time: Clock.milliseconds())
        writer.write(Array("\(LogFormat.prefix(event.level))\(Self.line(event.level, event.message, all))\n".utf8))
    }

    /// The line without its end.
    static func line(_ level: Logger.Level, _ message: Logger.Message, _ metadata: Logger.Metadata) -> String {
        var line = logTime()
        switch level {
        case .trace, .debug, .info, .notice: break
        case .warning: line += " WARNING"
        case .error, .critical: line += " ERROR"
        }
        return line + " " + text(message, metadata)
    }

    /// The message and what belongs to it.
    static func text(_ message: Logger.Message, _ metadata: Logger.Metadata) -> String {
        var text = "\(message)"
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { text += " \(key)=\(quoted("\(value)"))" }
        return text
    }

    /// A value with spaces or control characters is quoted, so that a line stays one line.
    private static func quoted(_ value: String) -> String {
        let isPlain = value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "\"") }
        return isPlain && !value.isEmpty ? value : JSONText.string(value, .terminal)
    }
}
