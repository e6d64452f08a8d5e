import AccessPolicy
import S3Protocol

struct GetBucketRequestPayment: FixedBucketAnswer {
    static let name = "GetBucketRequestPayment"
    static let route = Route("GET", .bucket, requiring: ["requestPayment"])
    static let action = Action.getBucketRequestPayment

    let bucket: BucketName

    static func answer() throws(S3Error) -> S3Response { .xml(FixedAnswers.requestPaymentConfiguration) }
}
