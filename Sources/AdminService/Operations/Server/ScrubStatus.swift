import AccessPolicy
import Maintenance
import SealedStorage

/// How far the scrubbing of the drive has come, and what the last time through everything found.
///
/// Coffer's own.
enum ScrubStatus: AdminOperation {
    static let routes = ["GET /minio/admin/v3/coffer/scrub"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .anyAction(.serverInfo, .heal) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let status = context.scrubStatus()
        try await reply.send(
            Document(current: status.current.map(PassDocument.init), last: status.last.map(PassDocument.init)))
    }

    private struct Document: Encodable, Sendable {
        let current: PassDocument?
        let last: PassDocument?
    }
}

/// One time through everything on the drive.
struct PassDocument: Encodable, Sendable {
    /// Milliseconds since 1970.
    let started: Int64
    /// Left out while it goes on.
    let ended: Int64?
    /// From 0 to 100.
    let percent: Int
    let report: VerifyReport

    init(_ pass: Scrub.Pass) {
        started = pass.started
        ended = pass.ended
        percent = Int(pass.progress * 100)
        report = pass.report
    }
}

/// What answers about the server say of the last time through everything.
struct ScrubSummary: Encodable, Sendable {
    /// When the last pass ended: milliseconds since 1970; left out when none has.
    let lastEnded: Int64?
    /// Of the pass that goes on: from 0 to 100; left out while none does.
    let percent: Int?
    /// What the last pass found damaged or missing, and the one that goes on has.
    let damaged: Int64

    init(_ status: Scrub.Status) {
        lastEnded = status.last?.ended
        percent = status.current.map { Int($0.progress * 100) }
        damaged =
            [status.last, status.current].compactMap(\.self).map { pass in
                pass.report.count(.damaged) + pass.report.count(.missing)
            }.max() ?? 0
    }
}
