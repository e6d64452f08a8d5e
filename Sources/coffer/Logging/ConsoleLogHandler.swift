import JSON
import Logging

/// A line for people: time, level where it matters, message, then `key=value` pairs.
struct ConsoleLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line = logTime()
        switch event.level {
        case .trace, .debug, .info, .notice: break
        case .warning: line += " WARNING"
        case .error, .critical: line += " ERROR"
        }
        line += " \(event.message)"
        for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }).sorted(by: {
            $0.key < $1.key
        }) {
            line += " \(key)=\(Self.quoted("\(value)"))"
        }
        writeLine(line)
    }

    /// A value with spaces or control characters is quoted, so that a line stays one line.
    private static func quoted(_ value: String) -> String {
        let isPlain = value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "\"") }
        return isPlain && !value.isEmpty ? value : JSONText.string(value, .terminal)
    }
}
