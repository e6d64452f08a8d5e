import JSON
import Logging
import Threading

/// A JSON object a line: `time`, `level`, `message`, and the metadata as further members.
struct JSONLogHandler: LogHandler {
    let writer: LineWriter
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 })
        writer.write(Array("\(Self.line(event.level, event.message, all))\n".utf8))
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
