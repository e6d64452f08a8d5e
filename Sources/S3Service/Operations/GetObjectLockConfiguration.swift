import AccessPolicy
import ObjectStorage
import S3Protocol
import SealedStorage

struct GetObjectLockConfiguration: ImmediateS3Operation {
    static let name = "GetObjectLockConfiguration"
    static let route = Route("GET", .bucket, requiring: ["object-lock"])

    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.getBucketObjectLockConfiguration, on: bucket)] }

    func perform(in service: ServiceContext) throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        guard bucket.versioning == .locked else { throw S3Error(.objectLockConfigurationNotFoundError) }
        let configuration = try bucket.record.objectLock ?? ObjectLockConfiguration()
        return .xml(configuration.xml())
    }
}
