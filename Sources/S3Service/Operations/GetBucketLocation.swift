import AccessPolicy
import S3Protocol
import SealedStorage

/// The first request of every mc, minio-py, restic and s3cmd process, signed for whatever region the client assumes.
struct GetBucketLocation: ImmediateS3Operation {
    static let name = "GetBucketLocation"
    static let route = Route("GET", .bucket, requiring: ["location"])

    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.getBucketLocation, on: bucket)] }

    func perform(in service: ServiceContext) throws -> S3Response {
        _ = try service.buckets.bucket(bucket)
        return .xml(LocationConstraint(region: service.settings.region).xml())
    }
}
