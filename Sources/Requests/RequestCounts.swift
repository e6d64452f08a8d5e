import Synchronization
import Threading

/// What was answered, by operation and by how it ended.
///
/// Every request of every service is counted here once, at its end: some additions to fixed counters, without a lock or
/// an allocation.
package final class RequestCounts: Sendable {
    package typealias Service = CompletedRequest.Service

    /// How a request has ended.
    package enum Outcome: Int, CaseIterable, Sendable {
        /// A status below 400.
        case success
        /// 4xx: the client's doing.
        case refused
        /// 5xx: ours.
        case failed
        /// The client went away, or stopped taking or sending.
        case cancelled
    }

    /// Why a request was refused before its operation was known.
    package enum Rejection: Int, CaseIterable, Sendable {
        case auth, timestamp, header, invalid
    }

    /// The upper ends of the ranges of the times to the first byte, in nanoseconds: MinIO's.
    package static let firstByteBounds = [
        50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
    ]

    package struct Operation: Sendable {
        package let service: Service
        package let name: String
    }

    /// Those that are counted by themselves, and of each service one without a name, for all others.
    package let operations: [Operation]
    private let indexes: [[String: Int]]
    private let others: [Int]
    private let counts: AtomicCounts
    private let firstByteBounds = RequestCounts.firstByteBounds
    private let durationBounds = Histogram.durations
    private let rejected = AtomicCounts(Rejection.allCases.count)
    package let buckets: BucketRequestCounts

    private let columns = Columns()

    /// Where the numbers of an operation stand in its row.
    ///
    /// A value, because what is static is initialised behind a check in each use.
    private struct Columns {
        let outcomes = 0
        let received: Int
        let sent: Int
        let inFlight: Int
        let firstBytes: Int
        let durations: Int
        let durationSum: Int
        let count: Int

        init() {
            received = outcomes + Outcome.allCases.count
            sent = received + 1
            inFlight = sent + 1
            firstBytes = inFlight + 1
            durations = firstBytes + RequestCounts.firstByteBounds.count + 1
            durationSum = durations + Histogram.durations.count + 1
            count = durationSum + 1
        }
    }

    /// - Parameter names: the operations of each service.
    package init(_ names: [Service: [String]] = [:]) {
        var operations: [Operation] = []
        var indexes: [[String: Int]] = []
        var others: [Int] = []
        for service in Service.allCases.sorted(by: { $0.index < $1.index }) {
            others.append(operations.count)
            operations.append(Operation(service: service, name: ""))
            var known: [String: Int] = [:]
            for name in names[service] ?? [] where known[name] == nil {
                known[name] = operations.count
                operations.append(Operation(service: service, name: name))
            }
            indexes.append(known)
        }
        self.operations = operations
        self.indexes = indexes
        self.others = others
        counts = AtomicCounts(operations.count * columns.count)
        buckets = BucketRequestCounts(operations: operations.count)
    }

    // MARK: Counting

    /// The row of an operation.
    func row(_ service: Service, _ operation: String?) -> Int {
        guard let operation else { return others[service.index] }
        return indexes[service.index][operation] ?? others[service.index]
    }

    func enter(_ row: Int) { counts.add(1, at: row * columns.count + columns.inFlight) }
    func leave(_ row: Int) { counts.add(-1, at: row * columns.count + columns.inFlight) }

    func count(_ record: RequestRecord, took duration: Int) {
        let base = record.row * columns.count
        let outcome = record.outcome
        counts.add(at: base + columns.outcomes + outcome.rawValue)
        if record.bytesReceived > 0 { counts.add(Int(record.bytesReceived), at: base + columns.received) }
        if record.bytesSent > 0 { counts.add(Int(record.bytesSent), at: base + columns.sent) }
        let firstByte = Int(record.timeToFirstByte ?? Int64(duration))
        counts.add(at: base + columns.firstBytes + Histogram.range(of: firstByte, in: firstByteBounds))
        counts.add(at: base + columns.durations + Histogram.range(of: duration, in: durationBounds))
        counts.add(duration, at: base + columns.durationSum)
        guard record.service == .s3 else { return }
        if record.operation == nil, let code = record.errorCode { reject(code) }
        if let bucket = record.bucket {
            buckets.count(
                bucket, row: record.row, outcome, received: Int(record.bytesReceived), sent: Int(record.bytesSent))
        }
    }

    /// The HTTP engine has refused a request by itself.
    func count(_ refusal: CompletedRequest) {
        let base = row(refusal.service, nil) * columns.count
        counts.add(at: base + columns.outcomes + (refusal.status >= 500 ? Outcome.failed : .refused).rawValue)
        counts.add(Int(refusal.bytesSent), at: base + columns.sent)
        if let code = refusal.errorCode { reject(code) }
    }

    private func reject(_ code: String) {
        let rejection: Rejection =
            switch code {
            case "RequestTimeTooSkewed": .timestamp
            case "AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId", "InvalidTokenId", "ExpiredToken",
                "AuthorizationHeaderMalformed", "AuthorizationParametersError", "AuthorizationQueryParametersError":
                .auth
            case "RequestHeaderSectionTooLarge": .header
            default: .invalid
            }
        rejected.add(at: rejection.rawValue)
    }

    // MARK: Reading

    package func rejections(_ rejection: Rejection) -> Int { rejected[rejection.rawValue] }

    /// What is known of one of ``operations``, by its position.
    package func figures(_ row: Int) -> OperationFigures {
        let base = row * columns.count
        func numbers(_ column: Int, _ count: Int) -> [Int] { (0..<count).map { counts[base + column + $0] } }
        return OperationFigures(
            outcomes: numbers(columns.outcomes, Outcome.allCases.count), received: counts[base + columns.received],
            sent: counts[base + columns.sent], inFlight: counts[base + columns.inFlight],
            firstBytes: numbers(columns.firstBytes, Self.firstByteBounds.count + 1),
            durations: numbers(columns.durations, Histogram.durations.count + 1),
            durationSum: counts[base + columns.durationSum])
    }
}

/// What is known of one operation's requests.
package struct OperationFigures: Sendable {
    /// By ``RequestCounts/Outcome``.
    package let outcomes: [Int]
    /// Bytes of bodies.
    package let received: Int
    package let sent: Int
    package let inFlight: Int
    /// How many had their first byte within each range of ``RequestCounts/firstByteBounds``, and above.
    package let firstBytes: [Int]
    /// How many took as long as each range of ``Histogram/durations``, and longer.
    package let durations: [Int]
    /// Nanoseconds.
    package let durationSum: Int

    package static func += (sum: inout OperationFigures, other: OperationFigures) {
        func added(_ one: [Int], _ other: [Int]) -> [Int] { zip(one, other).map { $0 + $1 } }
        sum = OperationFigures(
            outcomes: added(sum.outcomes, other.outcomes), received: sum.received + other.received,
            sent: sum.sent + other.sent, inFlight: sum.inFlight + other.inFlight,
            firstBytes: added(sum.firstBytes, other.firstBytes), durations: added(sum.durations, other.durations),
            durationSum: sum.durationSum + other.durationSum)
    }

    package var total: Int { outcomes.reduce(0, +) }
    package subscript(outcome: RequestCounts.Outcome) -> Int { outcomes[outcome.rawValue] }
}

extension CompletedRequest.Service {
    var index: Int {
        switch self {
        case .s3: 0
        case .admin: 1
        case .health: 2
        case .metrics: 3
        case .http: 4
        case .sts: 5
        case .console: 6
        }
    }
}
