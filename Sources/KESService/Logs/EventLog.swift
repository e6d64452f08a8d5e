import Synchronization
import Systemd

/// What both logs have: from which level on they write, who listens, how much happened, and where lines go.
final class EventLog: Sendable {
    let feed = EventFeed()
    private let threshold = Atomic(KESLogLevel.info.rawValue)
    private let count = Atomic(0)
    private let sink: LogSink

    init(_ sink: LogSink) { self.sink = sink }

    /// Lines below it are not written.
    var level: KESLogLevel {
        get { KESLogLevel(rawValue: threshold.load(ordering: .relaxed)) }
        set { threshold.store(newValue.rawValue, ordering: .relaxed) }
    }

    /// How many events there were.
    var eventCount: Int { count.load(ordering: .relaxed) }

    /// How many lines were lost on their way.
    var droppedCount: Int { sink.droppedCount() }

    /// Takes note of an event; `document`, a line with its end, is made only when somebody listens.
    func publish(_ document: @autoclosure () -> [UInt8]) {
        count.wrappingAdd(1, ordering: .relaxed)
        if feed.isWatched { feed.publish(document()) }
    }

    func write(_ line: LogLine) {
        sink.write((sink.isJournal ? line.priorityPrefix : []) + line.bytes + [UInt8(ascii: "\n")])
    }
}

/// Where the lines of a log go, each with its end; neither call may wait.
package struct LogSink: Sendable {
    package var write: @Sendable ([UInt8]) -> Void
    /// How many lines were lost.
    package var droppedCount: @Sendable () -> Int
    /// Whether they are to begin with what systemd's journal knows their priority by.
    package var isJournal: Bool

    package init(
        write: @escaping @Sendable ([UInt8]) -> Void, droppedCount: @escaping @Sendable () -> Int = { 0 },
        isJournal: Bool = false
    ) {
        self.write = write
        self.droppedCount = droppedCount
        self.isJournal = isJournal
    }
}

extension LogLine {
    var priorityPrefix: [UInt8] {
        let priority: JournalPriority =
            switch level {
            case .error...: .error
            case .warning..<(.error): .warning
            case KESLogLevel(rawValue: 1)..<(.warning): .notice
            case .info..<KESLogLevel(rawValue: 1): .info
            default: .debug
            }
        return Array(priority.prefix.utf8)
    }
}
