import AccessPolicy
import S3Protocol

struct GetBucketWebsite: FixedBucketAnswer {
    static let name = "GetBucketWebsite"
    static let route = Route("GET", .bucket, requiring: ["website"])
    static let action = Action.getBucketWebsite

    let bucket: BucketName

    static func answer() throws(S3Error) -> S3Response { throw S3Error(.noSuchWebsiteConfiguration) }
}
