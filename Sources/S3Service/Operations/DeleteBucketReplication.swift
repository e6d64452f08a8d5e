import AccessPolicy
import S3Protocol

/// There is none to delete.
struct DeleteBucketReplication: FixedBucketAnswer {
    static let name = "DeleteBucketReplication"
    static let route = Route("DELETE", .bucket, requiring: ["replication"])
    static let action = Action.putReplicationConfiguration

    let bucket: BucketName

    static func answer() throws(S3Error) -> S3Response { .noContent }
}
