import S3Protocol

struct DeleteBucketEncryption: AsyncS3Operation {
    static let name = "DeleteBucketEncryption"
    static let route = Route("DELETE", .bucket, requiring: ["encryption"])
    static let action = "s3:PutEncryptionConfiguration"

    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
    }

    func perform(in service: ServiceContext) async throws -> S3Response {
        try await service.buckets.update(try service.buckets.bucket(bucket)) { $0.encryption = nil }
        return .noContent
    }
}
