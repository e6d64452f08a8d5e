import Logging
import Requests
import Systemd
import Threading

/// An entry of systemd's journal: the line for people as its message, and the metadata as fields, `COFFER_REQUEST` say.
struct JournalLogHandler: LogHandler {
    let journal: JournalSocket
    /// Of what the journal does not take at once.
    let writer: LineWriter
    let part: LogPart
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
        var entry = JournalEntry(
            LogFormat.priority(event.level), message: ConsoleLogHandler.text(event.message, all), identifier: "coffer")
        entry.add("COFFER_PART", part.rawValue)
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { entry.add("COFFER_\(key)", "\(value)") }
        guard !journal.send(entry) else { return }
        let line = ConsoleLogHandler.line(event.level, event.message, all)
        writer.write(Array("\(LogFormat.prefix(event.level))\(line)\n".utf8))
    }
}
