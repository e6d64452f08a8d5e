import AccessPolicy
import S3Protocol
import SealedStorage

struct GetPublicAccessBlock: ImmediateS3Operation {
    static let name = "GetPublicAccessBlock"
    static let route = Route("GET", .bucket, requiring: ["publicAccessBlock"])

    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.getBucketPublicAccessBlock, on: bucket)] }

    func perform(in service: ServiceContext) throws -> S3Response {
        guard let block = try service.buckets.bucket(bucket).record.publicAccessBlock else {
            throw S3Error(.noSuchPublicAccessBlockConfiguration)
        }
        return .xml(block.xml())
    }
}
