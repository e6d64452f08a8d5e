import AccessPolicy
import Requests
import S3Protocol
import SealedStorage

/// Bounds what a bucket may have, or takes the bound away: `mc quota set`, `mc quota clear`.
enum SetBucketQuota: AdminOperation {
    static let routes = ["PUT /minio/admin/v3/set-bucket-quota"]
    static let required = ["bucket"]
    static let body = AdminBody.json(limit: BucketQuota.maximumByteCount)

    static func demands(_ request: AdminRequest) -> AdminDemands {
        .action(.setBucketQuota, bucket: request.nonEmpty("bucket"))
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let quota = try BucketQuota.parse(request.body)
        let bucket = try context.drive.buckets.bucket(BucketName(request.required("bucket")))
        try await context.drive.buckets.update(bucket) { record in
            try request.expectation?.require(of: record)
            record.quota = quota.isEmpty ? nil : quota
        }
        await reply.sendNothing()
    }
}
