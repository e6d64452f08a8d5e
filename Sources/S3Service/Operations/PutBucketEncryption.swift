import KeyManagement
import S3Protocol

struct PutBucketEncryption: AsyncS3Operation {
    static let name = "PutBucketEncryption"
    static let route = Route("PUT", .bucket, requiring: ["encryption"])
    static let action = "s3:PutEncryptionConfiguration"

    private let request: S3Request
    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
    }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let document = try await request.document(upTo: DocumentLimit.configuration)
        let rule = try ServerSideEncryptionConfiguration.parse(document)
        if case .sseKMS(let key?) = rule.algorithm {
            // A key that does not exist is refused here, not at every later write.
            _ = try await service.dataKeys.service.describeKey(KeyID(key))
        }
        try await service.buckets.update(bucket) { $0.encryption = rule }
        return S3Response()
    }
}
