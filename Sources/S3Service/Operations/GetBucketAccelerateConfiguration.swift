import AccessPolicy
import S3Protocol

struct GetBucketAccelerateConfiguration: FixedBucketAnswer {
    static let name = "GetBucketAccelerateConfiguration"
    static let route = Route("GET", .bucket, requiring: ["accelerate"])
    static let action = Action.getAccelerateConfiguration

    let bucket: BucketName

    static func answer() throws(S3Error) -> S3Response { .xml(FixedAnswers.accelerateConfiguration) }
}
