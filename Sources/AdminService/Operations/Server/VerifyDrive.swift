import AccessPolicy
import Maintenance
import S3Protocol
import SealedStorage

/// Goes through everything at rest on the drive, and tells what is found line by line.
///
/// Coffer's own: `coffer verify URL`. It ends when its client goes away, and goes on from a cursor when asked again. The last
/// line says that it has come to its end, or what has ended it. One at a time.
enum VerifyDrive: AdminOperation {
    static let routes = ["POST /minio/admin/v3/coffer/verify"]

    static let optional = ["rate", "share", "from"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.heal) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let (options, cursor) = try (options(request), cursor(request))
        // While the catalogue is locked nothing can be looked at.
        _ = try context.drive.records.requireUnlocked()
        guard context.verifications.enter() else {
            throw S3Error(.slowDown, "The drive is being verified already, or the server is stopping.")
        }
        defer { context.verifications.leave() }
        try await reply.startLines()
        try await reply.sendLines(every: .seconds(10)) { send in
            do {
                try await Verification(context.drive, options).run(from: cursor) { step in
                    guard !context.samplings.isClosed else { throw CancellationError() }
                    try send(step)
                }
                try send(VerifyEnd(isComplete: true))
            } catch let error as Verification.KeyServiceAway {
                try send(VerifyEnd(isComplete: false, error: "\(error)", isKeyServiceAway: true))
            } catch is CancellationError {
                try send(VerifyEnd(isComplete: false, error: "the server is stopping"))
            } catch {
                try send(VerifyEnd(isComplete: false, error: "\(error)"))
            }
        }
        await reply.finish()
    }

    private static func options(_ request: AdminRequest) throws(S3Error) -> Verification.Options {
        var options = Verification.Options()
        // Requests go first.
        options.concurrency = 2
        options.readsCatalogueWhole = false
        if let share = request.nonEmpty("share") {
            guard let share = Double(share), (0...1).contains(share) else {
                throw S3Error(.invalidRequest, "The query parameter 'share' is no number from 0 to 1.")
            }
            options.share = share
        }
        if let text = request.nonEmpty("rate") {
            guard let bytes = Int64(text), bytes > 0 else {
                throw S3Error(.invalidRequest, "The query parameter 'rate' is no number of bytes a second.")
            }
            options.admit = ReadRate { bytes }.admit
        }
        return options
    }

    private static func cursor(_ request: AdminRequest) throws(S3Error) -> VerifyCursor {
        guard let text = request.nonEmpty("from") else { return .beginning }
        guard let cursor = VerifyCursor(text) else {
            throw S3Error(.invalidRequest, "The query parameter 'from' is no place that a verification has told.")
        }
        return cursor
    }
}

/// The last line of the answer.
package struct VerifyEnd: Codable, Sendable {
    package let isComplete: Bool
    /// Why it has ended before; `nil` when it is complete.
    package var error: String?
    /// Whether it may go on once the key service can be reached.
    package var isKeyServiceAway = false
}
