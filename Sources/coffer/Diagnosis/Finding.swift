/// One thing that a server needs, and how it is.
struct Finding {
    /// The worst first.
    enum Verdict: Int, Comparable, CaseIterable {
        /// The server does not work, or loses something.
        case wrong
        /// It works, and should be looked at.
        case doubtful
        /// It could not be found out.
        case unknown
        case right

        static func < (one: Verdict, other: Verdict) -> Bool { one.rawValue < other.rawValue }

        var mark: String {
            switch self {
            case .wrong: "✗"
            case .doubtful: "!"
            case .unknown: "?"
            case .right: "✓"
            }
        }
    }

    let subject: String
    let verdict: Verdict
    /// What was found.
    let text: String
    /// What to change; `nil` where nothing is to be.
    var remedy: String?

    static func right(_ subject: String, _ text: String) -> Finding {
        Finding(subject: subject, verdict: .right, text: text)
    }

    static func unknown(_ subject: String, _ text: String) -> Finding {
        Finding(subject: subject, verdict: .unknown, text: text)
    }

    static func doubtful(_ subject: String, _ text: String, remedy: String) -> Finding {
        Finding(subject: subject, verdict: .doubtful, text: text, remedy: remedy)
    }

    static func wrong(_ subject: String, _ text: String, remedy: String) -> Finding {
        Finding(subject: subject, verdict: .wrong, text: text, remedy: remedy)
    }
}

/// What was found, as a table: what is to be done first stands first.
struct FindingTable {
    let findings: [Finding]

    var isGood: Bool { !findings.contains { $0.verdict == .wrong } }

    var lines: [String] {
        let width = findings.map(\.subject.count).max() ?? 0
        // Those of one verdict stay in their order, in which one thing rests on another.
        let sorted = findings.enumerated().sorted {
            ($0.element.verdict, $0.offset) < ($1.element.verdict, $1.offset)
        }
        var lines: [String] = []
        for (_, finding) in sorted {
            let subject = finding.subject + String(repeating: " ", count: width - finding.subject.count)
            lines.append("\(finding.verdict.mark) \(subject)  \(finding.text)")
            if let remedy = finding.remedy { lines.append("  → \(remedy)") }
        }
        let wrong = findings.count { $0.verdict == .wrong }
        let doubtful = findings.count { $0.verdict == .doubtful }
        lines.append(
            wrong + doubtful == 0
                ? "nothing is wrong" : "\(wrong) wrong, \(doubtful) to look at; fix the first line first")
        return lines
    }
}
