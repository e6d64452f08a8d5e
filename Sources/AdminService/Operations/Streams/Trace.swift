import AccessPolicy
import KESProtocol
import Requests
import S3Protocol
import Threading

/// Requests as they end, and what the server does besides, for as long as the client takes them: `mc admin trace`.
///
/// Kinds of traces that this server does not make are accepted, and nothing comes of them.
enum Trace: AdminOperation {
    static let routes = ["GET /minio/admin/v3/trace"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.serverTrace) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let filter = try TraceFilter(request)
        guard let listener = context.streams.trace.listen() else {
            throw S3Error(.slowDown, "Too many watch the trace.", headers: [("retry-after", "5")])
        }
        try await reply.startStream()
        await reply.follow(
            listener.follower, blankEvery: .seconds(1), where: filter.wants,
            tooSlow: { context.streams.noteSlow("trace", request) }, { $0 })
        withExtendedLifetime(listener) {}
    }
}

/// What of the traces a client wants.
private struct TraceFilter {
    private let kinds: TraceKind
    private let errorsOnly: Bool
    /// Nanoseconds.
    private let threshold: Int64

    init(_ request: AdminRequest) throws(S3Error) {
        var kinds: TraceKind = []
        let isAll = try request.flag("all")
        if isAll { kinds = .all }
        for (name, kind) in [
            ("s3", TraceKind.s3), ("internal", .internal), ("storage", .storage), ("scanner", .scanner), ("kms", .kms),
        ] where try request.flag(name) {
            kinds.insert(kind)
        }
        self.kinds = kinds
        errorsOnly = try request.flag("err")
        guard let text = request.nonEmpty("threshold") else {
            threshold = 0
            return
        }
        guard let duration = try? GoDuration.parse(text), duration >= .zero else {
            throw S3Error(.invalidRequest, "The query parameter 'threshold' is '\(text)', which is no duration.")
        }
        threshold = Int64(min(duration, .seconds(86_400 * 365)) / .nanoseconds(1))
    }

    func wants(_ tag: TraceFeed.Tag) -> Bool {
        !kinds.isDisjoint(with: tag.kind) && (!errorsOnly || tag.isError) && tag.duration >= threshold
    }
}
