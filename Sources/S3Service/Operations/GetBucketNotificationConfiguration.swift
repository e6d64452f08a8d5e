import AccessPolicy
import S3Protocol

struct GetBucketNotificationConfiguration: FixedBucketAnswer {
    static let name = "GetBucketNotificationConfiguration"
    static let route = Route("GET", .bucket, requiring: ["notification"])
    static let action = Action.getBucketNotification

    let bucket: BucketName

    static func answer() throws(S3Error) -> S3Response { .xml(FixedAnswers.notificationConfiguration) }
}
