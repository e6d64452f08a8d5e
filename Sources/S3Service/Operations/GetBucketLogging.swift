import AccessPolicy
import S3Protocol

struct GetBucketLogging: FixedBucketAnswer {
    static let name = "GetBucketLogging"
    static let route = Route("GET", .bucket, requiring: ["logging"])
    static let action = Action.getBucketLogging

    let bucket: BucketName

    static func answer() throws(S3Error) -> S3Response { .xml(FixedAnswers.bucketLoggingStatus) }
}
