import Glibc
import KESProtocol

/// What a migration tells: its progress as it goes, and at the end what became of the keys.
///
/// Its first and last lines are KES's; what KES has no word for follows in lines of its own.
struct MigrationReport {
    /// How many keys there are, for a bar; `nil`: there is none, and a line a second says how far it is.
    let total: Int?
    /// Whether the run changes nothing, and lists what it would do.
    let isTrial: Bool
    private let begin = ContinuousClock.now
    private var next = ContinuousClock.now + .seconds(1)
    private var isBarShown = false

    private var migrated = 0
    private var equal = 0
    private var kept = 0
    private var conflicting = 0
    private var refused = 0
    /// The first names that the target cannot hold; there may be many.
    private var refusedNames: [String] = []
    private var refusal = ""

    init(total: Int?, isTrial: Bool) {
        self.total = total
        self.isTrial = isTrial
    }

    /// Whether every key is at the target, or kept from it on purpose.
    var isComplete: Bool { conflicting == 0 && refused == 0 }

    mutating func add(_ name: KeyName, _ outcome: KeyMigration.Outcome) {
        switch outcome {
        case .copied: migrated += 1
        case .replaced: migrated += 1
        case .equal: equal += 1
        case .kept: kept += 1
        case .conflicting: conflicting += 1
        case .nameRefused(let names):
            refused += 1
            refusal = names
            if refusedNames.count < 20 { refusedNames.append(name.text) }
        case .gone: return
        }
        if isTrial {
            Terminal.write("\(Lines.padded(Self.word(outcome), 10)) \(name)\n")
        } else if ContinuousClock.now >= next {
            showProgress()
        }
    }

    private static func word(_ outcome: KeyMigration.Outcome) -> String {
        switch outcome {
        case .copied: "copy"
        case .replaced: "overwrite"
        case .equal: "equal"
        case .kept: "keep"
        case .conflicting: "conflict"
        case .nameRefused: "impossible"
        case .gone: "gone"
        }
    }

    // MARK: Progress

    private mutating func showProgress() {
        guard let total else {
            Terminal.write("Migrated \(Self.padded(migrated)) keys ...\n")
            next = .now + .seconds(1)
            return
        }
        let done = migrated + equal + kept + refused
        let filled = total == 0 ? Self.barWidth : min(Self.barWidth, Self.barWidth * done / total)
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: Self.barWidth - filled)
        let seconds = max(1, Int((ContinuousClock.now - begin) / .seconds(1)))
        Terminal.write("\r\u{1b}[K[\(bar)] \(done)/\(total) keys, \(done / seconds)/s")
        isBarShown = true
        next = .now + .milliseconds(200)
    }

    private static let barWidth = 40

    /// Takes the bar away; before anything else is written.
    mutating func endProgress() {
        if isBarShown { Terminal.write("\r\u{1b}[K") }
        isBarShown = false
    }

    // MARK: The end

    func tellEnd() {
        if isTrial {
            Terminal.write("\nNothing was changed. \(Self.keys(migrated)) would be migrated.\n")
        } else if migrated == 0 {
            Terminal.write("Migration succeeded! No keys migrated.\n")
        } else {
            Terminal.write("Migrated \(Self.padded(migrated)) keys successfully!\n")
        }
        if equal > 0 { Terminal.write("The target \(isTrial ? "has" : "had") \(Self.keys(equal)) already.\n") }
        if kept > 0 { Terminal.write("Of \(Self.keys(kept)) the target keeps its own.\n") }
        if conflicting > 0 {
            Terminal.write(
                "Under \(conflicting == 1 ? "one name" : "\(conflicting) names") the target has another key: "
                    + "'--merge' leaves it, '--force' overwrites it.\n")
        }
        if refused > 0 {
            let more = refused > refusedNames.count ? ", …" : ""
            Terminal.write(
                "The target cannot hold \(Self.keys(refused)) (\(refusal)): "
                    + "\(refusedNames.joined(separator: ", "))\(more)\n")
        }
    }

    private static func keys(_ count: Int) -> String { count == 1 ? "1 key" : "\(count) keys" }

    private static func padded(_ count: Int) -> String {
        let digits = String(count)
        return String(repeating: " ", count: max(0, 6 - digits.count)) + digits
    }
}
