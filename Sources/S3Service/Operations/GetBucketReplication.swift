import AccessPolicy
import S3Protocol

struct GetBucketReplication: FixedBucketAnswer {
    static let name = "GetBucketReplication"
    static let route = Route("GET", .bucket, requiring: ["replication"])
    static let action = Action.getReplicationConfiguration

    let bucket: BucketName

    static func answer() throws(S3Error) -> S3Response { throw S3Error(.replicationConfigurationNotFoundError) }
}
