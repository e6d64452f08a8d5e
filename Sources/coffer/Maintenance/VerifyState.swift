import FoundationEssentials
import Glibc
import Maintenance
import SealedStorage

/// What a verification has told so far, and how it went on: kept in a file, it can be gone on with.
struct VerifyState: Codable {
    /// What is verified, as it was named.
    let target: String
    var report = VerifyReport()
    var cursor = VerifyCursor.beginning

    init(_ target: String) { self.target = target }

    mutating func add(_ step: Verification.Step) {
        report.add(step.report)
        cursor = step.cursor
    }

    /// Throws for a file that is not one of these, or is about something else; `nil` when there is none.
    static func read(_ path: String, of target: String) throws(StartFailure) -> VerifyState? {
        guard access(path, F_OK) == 0 else { return nil }
        guard let data = try? Data(contentsOf: URL(filePath: path)),
            let state = try? JSONDecoder().decode(VerifyState.self, from: data)
        else { throw StartFailure("\(path) is not the state of a verification") }
        guard state.target == target else { throw StartFailure("\(path) is about \(state.target)") }
        return state
    }

    /// Whole, or as it was.
    func write(_ path: String) throws(StartFailure) {
        do {
            try JSONEncoder().encode(self).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw StartFailure("\(path): it cannot be written")
        }
    }
}

/// How a verification has ended; each has a status of its own.
enum VerifyOutcome: String, Codable {
    case whole, damaged, unopened, leftovers
    /// It did not come to its end, for another reason than its keys.
    case brokenOff = "broken-off"

    init(_ report: VerifyReport, _ end: VerifyEnding) {
        if report.count(.damaged) + report.count(.missing) + report.count(.rolledBack) > 0 {
            self = .damaged
        } else if case .brokenOff = end {
            self = .brokenOff
        } else if case .keyServiceAway = end {
            self = .unopened
        } else if report.count(.unopened) > 0 {
            self = .unopened
        } else if report.count(.orphan) + report.count(.miscounted) > 0 {
            self = .leftovers
        } else {
            self = .whole
        }
    }

    /// The program's.
    var status: Int32 {
        switch self {
        case .whole: 0
        case .brokenOff: 1
        case .damaged: 2
        case .unopened: 3
        case .leftovers: 4
        }
    }
}

enum VerifyEnding {
    case complete
    case keyServiceAway(String)
    case brokenOff(String)

    /// Why it did not come to its end.
    var cause: String? {
        switch self {
        case .complete: nil
        case .keyServiceAway(let cause), .brokenOff(let cause): cause
        }
    }
}
