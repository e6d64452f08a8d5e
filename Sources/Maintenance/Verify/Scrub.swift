import FoundationEssentials
package import Logging
import ObjectStorage
package import SealedStorage
import Threading

/// Goes through everything at rest on the drive again and again, slowly, and tells what it finds.
///
/// A pass takes a cycle, 30 days unless that is set otherwise, but reads a mebibyte a second at least; then it rests until the
/// cycle is over. How far it has come is kept on the drive, sealed: after a restart it goes on from there.
package final class Scrub: Sendable {
    /// One time through everything.
    package struct Pass: Codable, Sendable {
        /// Milliseconds since 1970.
        package let started: Int64
        /// `nil` while it goes on.
        package internal(set) var ended: Int64?
        package internal(set) var report = VerifyReport()
        package internal(set) var totalVersions: Int64 = 0
        package internal(set) var totalBytes: Int64 = 0
        var cursor = VerifyCursor.beginning

        /// From 0 to 1, by the bytes that there are.
        package var progress: Double {
            if ended != nil { return 1 }
            let total = Scrub.cost(versions: totalVersions, bytes: totalBytes)
            let done = Scrub.cost(versions: report.objects + report.deleteMarkers, bytes: report.bytes)
            return total > 0 ? min(1, Double(done) / Double(total)) : 0
        }
    }

    /// What is going on, and what the last pass found that came to its end.
    package struct Status: Codable, Sendable {
        package internal(set) var current: Pass?
        package internal(set) var last: Pass?

        package init() {}
    }

    private struct State {
        var status = Status()
        var isLoaded = false
        /// Everything that was found since the start, by kind.
        var found: [DriveFinding.Kind: Int64] = [:]
        var objects: Int64 = 0
        var bytes: Int64 = 0
    }

    private static let setting = "scrub"
    private static let leastRate: Int64 = 1 << 20
    /// How often how far it has come is kept.
    private static let keeping = Duration.seconds(600)
    /// How soon a change of the cycle is seen, and a key service that was away asked again.
    private static let glance = Duration.seconds(10)
    /// How long a start is left in peace, at most: requests come back, and have the key service's time.
    private static let patience = Duration.seconds(600)
    /// Findings that are kept of a pass, and those that are logged.
    private static let mostKept = 100

    private let drive: SealedDrive
    private let cycle: @Sendable () -> Duration?
    private let clock: @Sendable () -> Int64
    private let logger: Logger
    private let state = ShortLock(State())

    /// - Parameters:
    ///   - cycle: how long a pass takes; nil for none at all. May be changed while it runs.
    ///   - clock: milliseconds since 1970.
    package init(
        drive: SealedDrive, cycle: @escaping @Sendable () -> Duration?, clock: @escaping @Sendable () -> Int64,
        logger: Logger
    ) {
        self.drive = drive
        self.cycle = cycle
        self.clock = clock
        self.logger = logger
    }

    package var status: Status { state.withLock { $0.status } }

    /// What was looked at and found since the start.
    package var totals: (objects: Int64, bytes: Int64, found: [DriveFinding.Kind: Int64]) {
        state.withLock { ($0.objects, $0.bytes, $0.found) }
    }

    /// Works until it is cancelled.
    package func run() async {
        let began = ContinuousClock.now
        while !Task.isCancelled {
            if load(), let cycle = cycle(), began.duration(to: .now) >= min(Self.patience, cycle / 10) {
                if let pass = state.withLock({ $0.status.current }) {
                    await go(on: pass)
                } else if isDue(cycle) {
                    await go(on: Pass(started: clock()))
                }
            }
            guard (try? await Task.sleep(for: min(Self.glance, (cycle() ?? Self.glance) / 10))) != nil else { return }
        }
    }

    private func isDue(_ cycle: Duration) -> Bool {
        guard let last = state.withLock({ $0.status.last }) else { return true }
        let now = clock()
        // A clock that was put back does not keep it waiting for years.
        return now < last.started || now - last.started >= Int64(cycle / .milliseconds(1))
    }

    private func go(on pass: Pass) async {
        var pass = pass
        var kept = ContinuousClock.now
        var options = Verification.Options()
        options.concurrency = 1
        options.readsCatalogueWhole = false
        let total = Adjustable(Self.cost(versions: pass.totalVersions, bytes: pass.totalBytes))
        options.admit =
            ReadRate { [cycle] in
                guard let cycle = cycle() else { return Self.leastRate }
                return max(Self.leastRate, Int64(Double(total.current) / max(1, cycle / .seconds(1))))
            }.admit
        do {
            try await Verification(drive, options).run(from: pass.cursor) { step in
                pass.totalVersions = step.totalVersions
                pass.totalBytes = step.totalBytes
                total.current = Self.cost(versions: step.totalVersions, bytes: step.totalBytes)
                note(step.report, named: pass.report.findings.count)
                pass.report.add(step.report)
                pass.report.forget(findingsBeyond: Self.mostKept)
                pass.cursor = step.cursor
                state.withLock { [pass] in $0.status.current = pass }
                guard cycle() != nil else { throw CancellationError() }
                guard kept.duration(to: .now) >= Self.keeping else { return }
                kept = .now
                await keep()
            }
            pass.ended = clock()
            state.withLock { [pass] state in
                state.status.current = nil
                state.status.last = pass
            }
            tellEnd(pass)
        } catch is CancellationError {
            // The process ends, or it was switched off: it goes on from here.
        } catch let away as Verification.KeyServiceAway {
            logger.info("scrubbing waits for the key service", metadata: ["cause": "\(away)"])
        } catch StorageError.closed {
            return
        } catch {
            logger.warning("scrubbing stopped, to be tried again", metadata: ["cause": "\(error)"])
        }
        await keep()
    }

    private func note(_ report: VerifyReport, named: Int) {
        state.withLock { state in
            state.objects += report.objects
            state.bytes += report.bytes
            for kind in DriveFinding.Kind.allCases where report.count(kind) > 0 {
                state.found[kind, default: 0] += report.count(kind)
            }
        }
        for finding in report.findings.prefix(max(0, Self.mostKept - named)) {
            let metadata: Logger.Metadata = ["what": "\(finding.title)", "detail": "\(finding.detail)"]
            switch finding.kind {
            case .damaged: logger.error("scrubbing found something damaged", metadata: metadata)
            case .rolledBack: logger.critical("scrubbing found something that was put back", metadata: metadata)
            case .missing: logger.error("scrubbing found something missing", metadata: metadata)
            case .unopened: logger.warning("scrubbing found something whose key cannot be had", metadata: metadata)
            case .orphan: logger.warning("scrubbing found something that nothing refers to", metadata: metadata)
            case .miscounted: logger.warning("scrubbing found a wrong count", metadata: metadata)
            }
        }
    }

    private func tellEnd(_ pass: Pass) {
        var metadata: Logger.Metadata = [
            "objects": "\(pass.report.objects)", "bytes": "\(pass.report.bytes)",
            "seconds": "\((clock() - pass.started) / 1000)",
        ]
        for kind in DriveFinding.Kind.allCases where pass.report.count(kind) > 0 {
            metadata[kind.rawValue] = "\(pass.report.count(kind))"
        }
        logger.notice("the drive was scrubbed", metadata: metadata)
    }

    // MARK: What is kept

    /// False while the catalogue is locked.
    private func load() -> Bool {
        if state.withLock({ $0.isLoaded }) { return true }
        guard !drive.records.isLocked else { return false }
        var status = Status()
        do {
            if let bytes = try drive.records.secretSetting(Self.setting) {
                status = try JSONDecoder().decode(Status.self, from: Data(bytes))
            }
        } catch {
            logger.error("how far scrubbing had come is lost: it begins anew", metadata: ["cause": "\(error)"])
        }
        state.withLock { [status] state in
            state.status = status
            state.isLoaded = true
        }
        return true
    }

    private func keep() async {
        do {
            let bytes = try JSONEncoder().encode(status)
            // Also when this is being cancelled: what a commit takes is waited for.
            try await drive.records.setSecretSetting(Self.setting, [UInt8](bytes))
        } catch {
            logger.warning("how far scrubbing has come was not kept", metadata: ["cause": "\(error)"])
        }
    }

    /// What there is to read, in bytes: a version that has none counts as one block.
    fileprivate static func cost(versions: Int64, bytes: Int64) -> Int64 {
        bytes.addingReportingOverflow(versions * 4096).overflow ? .max : bytes + versions * 4096
    }
}
