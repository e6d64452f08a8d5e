import AccessPolicy
import S3Protocol

/// MinIO's: how far the replication of a bucket has come.
struct GetBucketReplicationMetrics: FixedBucketAnswer {
    static let name = "GetBucketReplicationMetrics"
    static let route = Route("GET", .bucket, requiring: ["replication-metrics"])
    static let action = Action.getReplicationConfiguration

    let bucket: BucketName

    static func answer() throws(S3Error) -> S3Response { throw S3Error(.replicationConfigurationNotFoundError) }
}
