import AccessPolicy
import S3Protocol
import SealedStorage

struct GetBucketEncryption: ImmediateS3Operation {
    static let name = "GetBucketEncryption"
    static let route = Route("GET", .bucket, requiring: ["encryption"])

    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.getEncryptionConfiguration, on: bucket)] }

    func perform(in service: ServiceContext) throws -> S3Response {
        guard let rule = try service.buckets.bucket(bucket).record.encryption else {
            throw S3Error(.serverSideEncryptionConfigurationNotFoundError)
        }
        return .xml(rule.xml())
    }
}
