import S3Protocol

struct GetBucketEncryption: ImmediateS3Operation {
    static let name = "GetBucketEncryption"
    static let route = Route("GET", .bucket, requiring: ["encryption"])
    static let action = "s3:GetEncryptionConfiguration"

    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
    }

    func perform(in service: ServiceContext) throws -> S3Response {
        guard let rule = try service.buckets.bucket(bucket).record.encryption else {
            throw S3Error(.serverSideEncryptionConfigurationNotFoundError)
        }
        return .xml(rule.xml())
    }
}
