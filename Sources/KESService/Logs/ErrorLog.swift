import KESProtocol
import Logging

/// The log of failures and refusals: lines on standard error, and events for those who listen.
package final class ErrorLog: Sendable {
    /// The events of this log; those below its level are neither written nor sent.
    let events: EventLog

    init(_ sink: LogSink) { events = EventLog(sink) }

    /// Logs a message with attributes, and with the request that is being answered in this task, if there is one.
    func log(
        _ level: KESLogLevel, _ message: @autoclosure () -> String, _ attributes: [(key: String, value: String)] = [],
        of call: Call? = CallContext.current
    ) {
        guard level >= events.level else { return }
        var line = LogLine(time: .now, level: level, message: message())
        for (key, value) in attributes { line.append(key, value) }
        if let call {
            call.append(to: &line)
            // The answer's header has it too.
            line.append("req.id", call.id)
        }
        events.publish(ErrorEvent(message: String(decoding: line.bytes, as: UTF8.self)).json)
        events.write(line)
    }

    /// A logger that writes here; its own level lets everything through.
    func logger(_ label: String) -> Logger {
        var logger = Logger(label: label) { _ in ErrorLogHandler(log: self) }
        logger.logLevel = .trace
        return logger
    }
}

/// What the rest of the program logs goes where the service's own lines go.
private struct ErrorLogHandler: LogHandler {
    let log: ErrorLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(log: ErrorLog) { self.log = log }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let level = Self.level(event.level)
        guard level >= log.events.level else { return }
        let attributes = metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 })
            .sorted { $0.key < $1.key }
            .map { (key: $0.key, value: "\($0.value)") }
        log.log(level, "\(event.message)", attributes)
    }

    private static func level(_ level: Logger.Level) -> KESLogLevel {
        switch level {
        case .trace: KESLogLevel(rawValue: -8)
        case .debug: .debug
        case .info: .info
        case .notice: KESLogLevel(rawValue: 2)
        case .warning: .warning
        case .error, .critical: .error
        }
    }
}
