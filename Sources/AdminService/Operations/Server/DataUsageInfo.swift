import AccessPolicy
import Maintenance
import Notation
import ObjectStorage
import S3Protocol
import SealedStorage

/// What all buckets together and each of them amount to, as of the last commit: `mc stat`, `mc admin info`.
///
/// The answer goes out in pieces of some hundred buckets: there may be a hundred thousand.
enum DataUsageInfo: AdminOperation {
    static let routes = ["GET /minio/admin/v3/datausageinfo"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.dataUsageInfo) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let buckets = context.drive.buckets
        let (usage, total) = try await buckets.usageOfAll()
        let spread = await context.survey?.latest()?.buckets ?? [:]
        try await reply.start(type: "application/json")
        var text = "{\"lastUpdate\":\"\(HTTPDate.iso8601(request.time))\",\"objectsCount\":\(total.objects)"
        text += ",\"versionsCount\":\(total.versions),\"deleteMarkersCount\":\(total.deleteMarkers)"
        text += ",\"objectsTotalSize\":\(total.bytes),\"objectsReplicationInfo\":null,\"bucketsCount\":\(buckets.count)"
        let drive = DriveState(directory: context.facts.drive)
        text += ",\"capacity\":\(drive.total),\"freeCapacity\":\(drive.available),\"usedCapacity\":\(drive.used)"
        text += ",\"bucketsUsageInfo\":{"
        try await reply.write(Array(text.utf8))
        try await eachPage(of: buckets) { page in
            try await reply.write(page.map { named($0.name, AdminReply.json(Usage(usage[$0.id], spread[$0.id]))) })
        }
        try await reply.write(Array("},\"bucketsSizes\":{".utf8))
        try await eachPage(of: buckets) { page in
            try await reply.write(page.map { named($0.name, Array("\(usage[$0.id]?.bytes ?? 0)".utf8)) })
        }
        try await reply.write(Array("}}\n".utf8))
        await reply.finish()
    }

    private static func eachPage(
        of buckets: BucketDirectory, _ body: (Page) async throws -> Void
    ) async throws {
        var after: String?
        while true {
            let page = buckets.sorted.page(after: after, limit: 256)
            let known = page.buckets.compactMap { buckets.bucket(named: $0.name) }
            try await body(Page(buckets: known, isFirst: after == nil))
            guard page.isTruncated, let last = page.buckets.last else { return }
            after = last.name
        }
    }

    private struct Page {
        let buckets: [Bucket]
        let isFirst: Bool

        /// The members of a piece of an object, with the comma that stands before all but the first piece.
        func map(_ member: (Bucket) -> [UInt8]) -> [UInt8] {
            var bytes: [UInt8] = []
            for (index, bucket) in buckets.enumerated() {
                if index > 0 || !isFirst { bytes.append(UInt8(ascii: ",")) }
                bytes += member(bucket)
            }
            return bytes
        }
    }

    private static func named(_ name: String, _ value: [UInt8]) -> [UInt8] {
        AdminReply.json(name) + [UInt8(ascii: ":")] + value
    }

    /// Of one bucket; classes are those of the latest survey, and nothing is replicated.
    private struct Usage: Encodable {
        let size: Int64
        let objectsCount: Int64
        let versionsCount: Int64
        let deleteMarkersCount: Int64
        let objectsSizesHistogram: [String: Int]
        let objectsVersionsHistogram: [String: Int]
        let objectsPendingReplicationTotalSize = 0
        let objectsFailedReplicationTotalSize = 0
        let objectsReplicatedTotalSize = 0
        let objectsPendingReplicationCount = 0
        let objectsFailedReplicationCount = 0
        let objectReplicaTotalSize = 0
        let objectReplicaCount = 0

        init(_ usage: BucketUsage?, _ spread: UsageDistribution?) {
            size = usage?.bytes ?? 0
            objectsCount = usage?.objects ?? 0
            versionsCount = usage?.versions ?? 0
            deleteMarkersCount = usage?.deleteMarkers ?? 0
            objectsSizesHistogram = UsageHistogram.of(spread?.sizes)
            objectsVersionsHistogram = UsageHistogram.of(spread?.versions)
        }
    }
}

enum UsageHistogram {
    /// As documents have it; empty while nothing is known.
    static func of(_ ranges: [(range: String, objects: Int)]?) -> [String: Int] {
        Dictionary((ranges ?? []).map { ($0.range, $0.objects) }, uniquingKeysWith: { first, _ in first })
    }
}
