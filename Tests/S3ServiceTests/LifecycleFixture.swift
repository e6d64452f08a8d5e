import HTTPServerTesting
import Maintenance
import Requests
import S3Protocol
import TestSupport

extension S3Fixture {
    static let day: Int64 = 86_400_000

    /// Gives a bucket these rules, whole or without the parts that most have.
    func putLifecycle(_ rules: String..., bucket: String = S3Fixture.bucket) async throws -> Int {
        let document = rules.enumerated().map { number, rule in
            let filter = rule.contains("<Filter>") || rule.contains("<Prefix>") ? "" : "<Filter/>"
            return "<Rule><ID>rule-\(number)</ID><Status>Enabled</Status>\(filter)\(rule)</Rule>"
        }
        let body = "<LifecycleConfiguration>\(document.joined())</LifecycleConfiguration>"
        return try await call("PUT", "/\(bucket)?lifecycle", body: Array(body.utf8)).status
    }

    /// What rules remove so many days from now; `record` gets what is logged.
    @discardableResult
    func sweep(daysLater days: Int64, record: LogRecord = LogRecord()) async -> LifecycleCounts {
        let lifecycle = Lifecycle(
            drive: drive, calendar: .civil, clock: Clock.milliseconds, pace: .immediate, logger: record.logger)
        await lifecycle.sweep(at: Clock.milliseconds() + days * Self.day)
        return lifecycle.totals
    }

    func setVersioning(_ status: String, of bucket: String = S3Fixture.bucket) async throws -> Int {
        let document = "<VersioningConfiguration><Status>\(status)</Status></VersioningConfiguration>"
        return try await call("PUT", "/\(bucket)?versioning", body: Array(document.utf8)).status
    }

    /// The keys that a listing shows.
    func keys(_ bucket: String = S3Fixture.bucket) async throws -> [String] {
        try await call("GET", "/\(bucket)?list-type=2").elements("Key")
    }

    /// Each version as `key version`, delete markers with a `-` before.
    func versions(_ bucket: String = S3Fixture.bucket) async throws -> [String] {
        let listed = try await call("GET", "/\(bucket)?versions").text
        return listed.split(separator: "<Key>").dropFirst().map { entry in
            let key = entry.prefix { $0 != "<" }
            let version = entry.split(separator: "<VersionId>").dropFirst().first?.prefix { $0 != "<" } ?? ""
            return (entry.contains("</DeleteMarker>") && !entry.contains("<Size>") ? "-" : "") + "\(key) \(version)"
        }
    }

    @discardableResult
    func put(
        _ key: String, _ headers: [(name: String, value: String)] = [], size: Int = 1, bucket: String = S3Fixture.bucket
    ) async throws -> String {
        let answer = try await call(
            "PUT", "/\(bucket)/\(key)", headers, body: [UInt8](repeating: 7, count: size))
        precondition(answer.status == 200, "the object was put: \(answer.text)")
        return answer.header("x-amz-version-id") ?? "null"
    }
}
