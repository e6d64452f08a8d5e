import Logging
import Synchronization

/// From which level on lines are logged, for the whole process: it can be changed while that runs.
final class LogLevel: Sendable {
    private static let levels = Logger.Level.allCases
    private let configured: Logger.Level
    private let index: Atomic<Int>

    init(_ level: Logger.Level) {
        configured = level
        index = Atomic(Self.levels.firstIndex(of: level) ?? 0)
    }

    var level: Logger.Level {
        get { Self.levels[index.load(ordering: .relaxed)] }
        set { index.store(Self.levels.firstIndex(of: newValue) ?? 0, ordering: .relaxed) }
    }

    /// Logs refusals and disconnects too, or no longer; what is logged from now on.
    func toggleDebug() -> Logger.Level {
        // Begun with it, it is switched off.
        let quiet = configured == .debug ? Logger.Level.notice : configured
        level = level == .debug ? quiet : .debug
        return level
    }
}
