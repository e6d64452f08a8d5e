import AccessPolicy
import S3Protocol

/// There is nothing to be faster than.
struct PutBucketAccelerateConfiguration: UnchangeableSetting {
    static let name = "PutBucketAccelerateConfiguration"
    static let route = Route("PUT", .bucket, requiring: ["accelerate"])
    static let action = Action.putAccelerateConfiguration
    static let root = "AccelerateConfiguration"

    let request: S3Request
    let bucket: BucketName

    static func isAsItIs(_ setting: XMLElement) throws(S3Error) -> Bool {
        try setting.optionalText("Status")?.trimmed == "Suspended"
    }
}
