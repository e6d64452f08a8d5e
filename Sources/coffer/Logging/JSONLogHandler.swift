import JSON
import Logging

/// A JSON object a line: `time`, `level`, `message`, and the metadata as further members.
struct JSONLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line =
            "{\"time\":\"\(logTime())\",\"level\":\"\(event.level)\",\"message\":\(JSONText.string("\(event.message)", .terminal))"
        for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }).sorted(by: {
            $0.key < $1.key
        }) {
            line += ",\(JSONText.string(key, .terminal)):\(JSONText.string("\(value)", .terminal))"
        }
        writeLine(line + "}")
    }
}
