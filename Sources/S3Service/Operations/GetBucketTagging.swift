import AccessPolicy
import S3Protocol
import SealedStorage

struct GetBucketTagging: ImmediateS3Operation {
    static let name = "GetBucketTagging"
    static let route = Route("GET", .bucket, requiring: ["tagging"])

    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.getBucketTagging, on: bucket)] }

    func perform(in service: ServiceContext) throws -> S3Response {
        guard let tags = try service.buckets.bucket(bucket).record.tags else { throw S3Error(.noSuchTagSet) }
        return .xml(tags.xml())
    }
}
