import Maintenance
import SealedStorage

/// What is asked of a verification.
struct VerifyOptions: Sendable {
    /// Which share of the objects is read whole, from 0 to 1.
    let share: Double
    /// Bytes a second; `nil` for no bound.
    let rate: Int64?

    /// For a drive that nobody else uses.
    var offline: Verification.Options {
        var options = Verification.Options()
        options.share = share
        if let rate { options.admit = ReadRate { rate }.admit }
        return options
    }
}

/// Follows a verification: a bar for people, and a file to go on from.
///
/// Unchecked: used by the one task that verifies.
final class VerifyProgress: @unchecked Sendable {
    private(set) var state: VerifyState
    private let path: String?
    private let interval: Duration
    private var kept = ContinuousClock.now
    private var bar: ProgressBar

    init(_ state: VerifyState, keptIn path: String?, every interval: Duration) {
        self.state = state
        self.path = path
        self.interval = interval
        bar = ProgressBar { done, total in "\(ByteCount.text(done)) of \(ByteCount.text(total))" }
    }

    /// What was found before the first step.
    func add(_ finding: DriveFinding) {
        if !state.report.findings.contains(finding) { state.report.add(finding) }
    }

    func note(_ step: Verification.Step) throws(StartFailure) {
        state.add(step)
        // By bytes, and a version that has none counts for as much as the smallest file.
        let least: Int64 = 4096
        bar.show(
            state.report.bytes + (state.report.objects + state.report.deleteMarkers) * least,
            of: step.totalBytes + step.totalVersions * least)
        guard let path, kept.duration(to: .now) >= interval else { return }
        kept = .now
        try state.write(path)
    }

    func end() { bar.end() }
}
