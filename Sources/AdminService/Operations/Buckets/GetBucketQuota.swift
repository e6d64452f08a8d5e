import AccessPolicy
import S3Protocol
import SealedStorage

/// How much a bucket may have: `mc quota info`.
enum GetBucketQuota: AdminOperation {
    static let routes = ["GET /minio/admin/v3/get-bucket-quota"]
    static let required = ["bucket"]

    static func demands(_ request: AdminRequest) -> AdminDemands {
        .action(.getBucketQuota, bucket: request.nonEmpty("bucket"))
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let bucket = try context.drive.buckets.bucket(BucketName(request.required("bucket")))
        try await reply.send(QuotaDocument(try bucket.record.quota ?? BucketQuota(bytes: 0)))
    }
}

/// A quota in MinIO's spelling, which has its bytes twice.
struct QuotaDocument: Encodable, Sendable {
    let quota: UInt64
    let size: UInt64
    let rate: UInt64
    let requests: UInt64
    let quotatype: String?

    init(_ quota: BucketQuota) {
        self.quota = quota.bytes
        size = quota.bytes
        rate = quota.rate
        requests = quota.requests
        quotatype = quota.isEmpty ? nil : "hard"
    }
}
