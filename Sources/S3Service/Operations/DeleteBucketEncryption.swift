import AccessPolicy
import S3Protocol
import SealedStorage

struct DeleteBucketEncryption: AsyncS3Operation {
    static let name = "DeleteBucketEncryption"
    static let route = Route("DELETE", .bucket, requiring: ["encryption"])

    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.putEncryptionConfiguration, on: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        try await service.update(try service.buckets.bucket(bucket)) { $0.encryption = nil }
        return .noContent
    }
}
