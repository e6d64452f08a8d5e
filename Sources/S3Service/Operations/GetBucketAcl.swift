import AccessPolicy
import S3Protocol

/// The owner may do everything: access is by policy only.
struct GetBucketAcl: FixedBucketAnswer {
    static let name = "GetBucketAcl"
    static let route = Route("GET", .bucket, requiring: ["acl"])
    static let action = Action.getBucketACL

    let bucket: BucketName

    static func answer() throws(S3Error) -> S3Response { .xml(FixedAnswers.accessControlPolicy) }
}
