import AccessPolicy
import S3Protocol

/// There is none to delete.
struct DeleteBucketWebsite: FixedBucketAnswer {
    static let name = "DeleteBucketWebsite"
    static let route = Route("DELETE", .bucket, requiring: ["website"])
    static let action = Action.deleteBucketWebsite

    let bucket: BucketName

    static func answer() throws(S3Error) -> S3Response { .noContent }
}
