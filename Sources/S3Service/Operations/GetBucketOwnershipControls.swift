import AccessPolicy
import S3Protocol
import SealedStorage

struct GetBucketOwnershipControls: ImmediateS3Operation {
    static let name = "GetBucketOwnershipControls"
    static let route = Route("GET", .bucket, requiring: ["ownershipControls"])

    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.getBucketOwnershipControls, on: bucket)] }

    func perform(in service: ServiceContext) throws -> S3Response {
        guard let controls = try service.buckets.bucket(bucket).record.ownershipControls else {
            throw S3Error(.ownershipControlsNotFoundError)
        }
        return .xml(controls.xml())
    }
}
