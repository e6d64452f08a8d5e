import Logging
import Synchronization

/// A part of the server whose lines have a level of their own.
enum LogPart: String, CaseIterable {
    /// The process itself, and what is no other part's.
    case server
    /// Connections, TLS, and what is no request.
    case http
    /// Requests of every service, and why they were refused.
    case requests
    case storage
    case kms
    case accounts
    /// Lifecycle rules, batch jobs, uploads that nobody goes on with.
    case background
    /// Webhooks, audit, traces that are sent on.
    case targets
}

/// From which level on each part's lines are logged, as it is set: `notice`, or `notice,http=debug,kms=info`.
struct LogLevelSetting: Equatable {
    /// Of the parts that are not named; nil for what the command says.
    private(set) var common: Logger.Level?
    private(set) var parts: [LogPart: Logger.Level] = [:]

    init() {}

    init(_ text: String) throws(StartFailure) {
        for element in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = element.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let level = Logger.Level(rawValue: pair[pair.count - 1].lowercased()) else {
                throw StartFailure(
                    "COFFER_LOG_LEVEL: \"\(element)\": a level is one of "
                        + Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))
            }
            guard pair.count == 2 else {
                common = level
                continue
            }
            guard let part = LogPart(rawValue: pair[0].lowercased()) else {
                throw StartFailure(
                    "COFFER_LOG_LEVEL: \"\(element)\": a part is one of "
                        + LogPart.allCases.map(\.rawValue).joined(separator: ", "))
            }
            parts[part] = level
        }
    }
}

/// From which level on lines are logged: it can be changed while the process runs.
final class LogLevels: Sendable {
    /// Unless the setting says something else.
    private let standard: Logger.Level
    private let parts: [LogPart: LogLevel]
    private let isDebugging = Atomic(false)

    init(_ standard: Logger.Level) {
        self.standard = standard
        parts = Dictionary(
            LogPart.allCases.map { ($0, LogLevel(standard)) }, uniquingKeysWith: { first, _ in first })
    }

    func level(of part: LogPart) -> LogLevel { parts[part] ?? LogLevel(standard) }

    func apply(_ setting: LogLevelSetting) {
        for (part, level) in parts { level.configure(setting.parts[part] ?? setting.common ?? standard) }
    }

    /// Logs refusals and disconnects of every part too, or no longer; what the process's own part logs from now on.
    func toggleDebug() -> Logger.Level {
        let isDebugging = !isDebugging.load(ordering: .relaxed)
        self.isDebugging.store(isDebugging, ordering: .relaxed)
        // Begun with it, it is switched off.
        let begunWithDebug = standard == .debug
        for level in parts.values { level.override(isDebugging ? (begunWithDebug ? .notice : .debug) : nil) }
        return level(of: .server).level
    }
}

/// From which level on lines of one part are logged.
final class LogLevel: Sendable {
    private static let levels = Logger.Level.allCases
    private static let noOverride = -1
    private let configured: Atomic<Int>
    private let overriding = Atomic(LogLevel.noOverride)

    init(_ level: Logger.Level) { configured = Atomic(Self.index(of: level)) }

    var level: Logger.Level {
        get {
            let overriding = overriding.load(ordering: .relaxed)
            return Self.levels[overriding == Self.noOverride ? configured.load(ordering: .relaxed) : overriding]
        }
        set { configured.store(Self.index(of: newValue), ordering: .relaxed) }
    }

    func configure(_ level: Logger.Level) { self.level = level }

    /// - Parameter level: nil for what is configured.
    func override(_ level: Logger.Level?) {
        overriding.store(level.map(Self.index) ?? Self.noOverride, ordering: .relaxed)
    }

    private static func index(of level: Logger.Level) -> Int { levels.firstIndex(of: level) ?? 0 }
}
