import AccessPolicy
import Maintenance
import Notation
import Requests
import S3Protocol

/// Samples of what goes on in the background, one a second or less often: `mc batch status`, `mc admin scanner status`.
///
/// Of MinIO's kinds there are lifecycle rules (1) and batch jobs (8); a sample has nothing of the others.
enum RealtimeMetrics: AdminOperation {
    static let name = "Metrics"
    static let routes = ["GET /minio/admin/v3/metrics"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.serverInfo) }

    private struct Kinds: OptionSet {
        let rawValue: UInt32

        static let scanner = Kinds(rawValue: 1)
        static let batchJobs = Kinds(rawValue: 8)
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let wanted = try number(request, "types") ?? 0
        // None is all of them.
        let kinds = wanted == 0 ? [.scanner, .batchJobs] : Kinds(rawValue: UInt32(truncatingIfNeeded: wanted))
        let count = try number(request, "n") ?? 1
        let interval = max(.seconds(1), try interval(request))
        guard context.samplings.enter() else { throw S3Error(.slowDown, headers: [("retry-after", "5")]) }
        defer { context.samplings.leave() }
        try await reply.start(type: "application/json")
        var sent: Int64 = 0
        while true {
            sent += 1
            let isFinal = count > 0 && sent >= count || context.samplings.isClosed
            let sample = Sample(
                hosts: [context.facts.endpoint], aggregated: try sections(kinds, request, context), final: isFinal)
            try await reply.sendLine(sample)
            if isFinal { break }
            let end = ContinuousClock.now + interval
            while ContinuousClock.now < end, !context.samplings.isClosed {
                try await Task.sleep(for: min(.milliseconds(500), end - .now))
            }
        }
        await reply.finish()
    }

    private static func number(_ request: AdminRequest, _ name: String) throws(S3Error) -> Int64? {
        guard let text = request.nonEmpty(name) else { return nil }
        guard let number = Int64(text), number >= 0 else {
            throw S3Error(.invalidRequest, "The query parameter '\(name)' is no number.")
        }
        return number
    }

    /// Of the spelling that clients use: whole seconds, `1s`, or `1m0s`.
    private static func interval(_ request: AdminRequest) throws(S3Error) -> Duration {
        guard let text = request.nonEmpty("interval") else { return .seconds(1) }
        var seconds = 0.0
        var rest = text[...]
        while !rest.isEmpty {
            let number = rest.prefix { $0.isNumber || $0 == "." }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { !$0.isNumber && $0 != "." }
            rest = rest.dropFirst(unit.count)
            guard let value = Double(number), let factor = ["ms": 0.001, "s": 1, "m": 60, "h": 3600][String(unit)]
            else {
                throw S3Error(.invalidRequest, "The query parameter 'interval' is no time such as 1s.")
            }
            seconds += value * factor
        }
        return .seconds(min(seconds, 3600))
    }

    private static func sections(
        _ kinds: Kinds, _ request: AdminRequest, _ context: AdminContext
    ) throws -> Sections {
        let now = HTTPDate.iso8601(Clock.milliseconds())
        var sections = Sections()
        if kinds.contains(.scanner) {
            let totals = context.lifecycleTotals()
            sections.scanner = Scanner(
                collected: now, lifeTimeOps: Dictionary(uniqueKeysWithValues: totals.named.map { ($0.name, $0.count) }))
        }
        if kinds.contains(.batchJobs) {
            let id = request.nonEmpty("by-jobID")
            let jobs = try context.jobs.all().filter { id == nil || $0.id == id }
            sections.batchJobs = Jobs(
                collected: now,
                jobs: jobs.isEmpty
                    ? nil
                    : Dictionary(jobs.map { ($0.id, JobMetricDocument($0)) }, uniquingKeysWith: { first, _ in first }))
        }
        return sections
    }

    private struct Sample: Encodable, Sendable {
        let hosts: [String]
        let aggregated: Sections
        let final: Bool
    }

    private struct Sections: Encodable, Sendable {
        var scanner: Scanner?
        var batchJobs: Jobs?
    }

    private struct Scanner: Encodable, Sendable {
        let collected: String
        let currentCycle = 0
        let currentStarted = "0001-01-01T00:00:00Z"
        let ongoingBuckets = 0
        let lifeTimeOps: [String: Int]

        enum CodingKeys: String, CodingKey {
            case collected
            case currentCycle = "current_cycle"
            case currentStarted = "current_started"
            case ongoingBuckets = "ongoing_buckets"
            case lifeTimeOps = "life_time_ops"
        }
    }

    private struct Jobs: Encodable, Sendable {
        let collected: String
        let jobs: [String: JobMetricDocument]?

        enum CodingKeys: String, CodingKey {
            case collected
            case jobs = "Jobs"
        }
    }
}
