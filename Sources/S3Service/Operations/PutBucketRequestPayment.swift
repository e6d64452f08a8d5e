import AccessPolicy
import S3Protocol

/// The owner of the bucket pays.
struct PutBucketRequestPayment: UnchangeableSetting {
    static let name = "PutBucketRequestPayment"
    static let route = Route("PUT", .bucket, requiring: ["requestPayment"])
    static let action = Action.putBucketRequestPayment
    static let root = "RequestPaymentConfiguration"

    let request: S3Request
    let bucket: BucketName

    static func isAsItIs(_ setting: XMLElement) throws(S3Error) -> Bool {
        try setting.optionalText("Payer")?.trimmed == "BucketOwner"
    }
}
