import Maintenance
import SealedStorage

/// What a verification tells at its end, for programs.
struct VerifyDocument: Encodable {
    let target: String
    let outcome: VerifyOutcome
    let isComplete: Bool
    /// Why it is not.
    let cause: String?
    let report: VerifyReport

    init(_ target: String, _ report: VerifyReport, _ end: VerifyEnding) {
        self.target = target
        self.report = report
        outcome = VerifyOutcome(report, end)
        isComplete = end.cause == nil
        cause = end.cause
    }

    /// The same for people.
    func print() {
        for finding in report.findings { Swift.print(Self.line(finding)) }
        let named = Int64(report.findings.count)
        let all = report.counts.values.reduce(0, +)
        if all > named { Swift.print("… and \(all - named) more") }
        if all > 0 { Swift.print() }
        printEncryption()
        Swift.print(
            "\(report.objects) objects (\(ByteCount.text(report.bytes))), \(report.deleteMarkers) delete markers, "
                + "\(report.uploads) uploads, \(report.parts) parts, \(report.records) records, \(report.files) files")
        for what in report.skipped { Swift.print("not looked at: \(what)") }
        if let cause { Swift.print("broken off: \(cause)") }
        Swift.print(verdict)
    }

    private static func line(_ finding: DriveFinding) -> String {
        let version = finding.version.map { " (\($0))" } ?? ""
        return "\(TerminalText.red(finding.kind.rawValue))  \(TerminalText.plain(finding.title))\(version): "
            + TerminalText.plain(finding.detail)
    }

    private func printEncryption() {
        guard !report.encryption.isEmpty else { return }
        var table = TextTable(
            "SCHEME", "KEY", "VERSION", "OBJECTS", "BYTES", "WHOLE", "ENDS", "CUSTOMER'S", "NOT OPENED")
        for tally in report.encryption.sorted(by: { $0.objects > $1.objects }) {
            table.add(
                tally.scheme, TerminalText.plain(tally.kmsKey ?? "-"), tally.keyVersion.map { "\($0)" } ?? "-",
                "\(tally.objects)", ByteCount.text(tally.bytes), "\(tally.authentic)", "\(tally.edges)",
                "\(tally.customerKey)", "\(tally.notOpened)")
        }
        table.print()
        Swift.print()
    }

    private var verdict: String {
        let counts = DriveFinding.Kind.allCases.filter { report.count($0) > 0 }.map {
            "\(report.count($0)) \($0.rawValue)"
        }
        let found = counts.joined(separator: ", ")
        switch outcome {
        case .whole:
            return TerminalText.green("whole: nothing is damaged or missing, and every object has a sealed stream")
        case .damaged: return TerminalText.red("damaged: \(found)")
        case .unopened: return "not all could be opened: \(found.isEmpty ? "the key service is away" : found)"
        case .leftovers: return "nothing is damaged; leftovers: \(found)"
        case .brokenOff: return "broken off" + (found.isEmpty ? "" : ": \(found)")
        }
    }
}
