import AccessPolicy
import S3Protocol
import SealedStorage

struct GetBucketVersioning: ImmediateS3Operation {
    static let name = "GetBucketVersioning"
    static let route = Route("GET", .bucket, requiring: ["versioning"])

    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.getBucketVersioning, on: bucket)] }

    func perform(in service: ServiceContext) throws -> S3Response {
        .xml(VersioningConfiguration(try service.buckets.bucket(bucket).versioningRule).xml())
    }
}
