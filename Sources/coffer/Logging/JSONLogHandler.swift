import JSON
import Logging
import Requests
import Threading

/// A JSON object a line: `time`, `level`, `message`, and the metadata as further members.
struct JSONLogHandler: LogHandler {
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
        var line =
            "{\"time\":\"\(logTime())\",\"level\":\"\(level)\",\"message\":\(JSONText.string("\(message)", .terminal))"
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line += ",\(JSONText.string(key, .terminal)):\(JSONText.string("\(value)", .terminal))"
        }
        return line + "}"
    }
}
