import AccessPolicy
import S3Protocol

/// This server writes no access logs into buckets.
struct PutBucketLogging: UnchangeableSetting {
    static let name = "PutBucketLogging"
    static let route = Route("PUT", .bucket, requiring: ["logging"])
    static let action = Action.putBucketLogging
    static let root = "BucketLoggingStatus"

    let request: S3Request
    let bucket: BucketName

    static func isAsItIs(_ setting: XMLElement) throws(S3Error) -> Bool {
        try setting.optional("LoggingEnabled") == nil
    }
}
