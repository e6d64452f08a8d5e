package import Logging
import ObjectStorage
package import SealedStorage
package import Threading

/// What a running server does about the history of its drive: sums what was never summed, looks through all parts once after
/// a start, and keeps the anchor.
package struct HistoryUpkeep: Sendable {
    private let drive: SealedDrive
    private let check: DriveCheck
    private let pace: Adjustable<Pace>
    private let logger: Logger

    /// The anchor is never more behind than that, while it can be written.
    static let interval = Duration.seconds(10)

    package init(drive: SealedDrive, pace: Adjustable<Pace>, logger: Logger) {
        self.drive = drive
        self.pace = pace
        self.logger = logger
        check = DriveCheck(drive) { _ in }
    }

    /// Works until it is cancelled.
    package func run() async {
        async let _ = look()
        var hasFailed = false
        while !Task.isCancelled {
            if !drive.records.isLocked {
                do {
                    try await check.store.writeAnchor()
                    if hasFailed { logger.notice("the rollback anchor is written again") }
                    hasFailed = false
                } catch StorageError.closed {
                    return
                } catch {
                    if !hasFailed {
                        logger.error("the rollback anchor cannot be written", metadata: ["cause": "\(error)"])
                    }
                    hasFailed = true
                }
            }
            guard (try? await Task.sleep(for: Self.interval)) != nil else { return }
        }
    }

    private func look() async {
        while drive.records.isLocked {
            guard (try? await Task.sleep(for: .seconds(1))) != nil else { return }
        }
        do {
            var hasSummed = false
            while try await pace.current.work({ try await check.store.sumSomeVersions() }) { hasSummed = true }
            if hasSummed { logger.notice("the rollback evidence covers all versions now") }
            var last = Int64(-1)
            while let page = try await check.store.historyParts(after: last, limit: 16) {
                for part in page.parts { try await look(at: part) }
                last = page.last
            }
        } catch is CancellationError {
        } catch StorageError.closed {
        } catch {
            logger.error("the rollback evidence could not be looked through", metadata: ["cause": "\(error)"])
        }
    }

    /// What of one part is damaged, so that it cannot be read, says nothing of the others.
    private func look(at part: HistoryPart) async throws {
        do {
            for finding in try await pace.current.work({ try await check.check(part) }) {
                logger.critical(
                    "something was put back to an older state",
                    metadata: ["what": "\(finding.title)", "detail": "\(finding.detail)"])
            }
        } catch let error as StorageError where error.isCorrupt {
            logger.error(
                "a part of the rollback evidence cannot be looked at",
                metadata: ["part": "\(part)", "cause": "\(error)"])
        }
    }
}
