import AccessPolicy
import S3Protocol
import SealedStorage

struct DeleteBucketLifecycle: AsyncS3Operation {
    static let name = "DeleteBucketLifecycle"
    static let route = Route("DELETE", .bucket, requiring: ["lifecycle"])

    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.putLifecycleConfiguration, on: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        try await service.update(try service.buckets.bucket(bucket)) { $0.lifecycle = nil }
        return .noContent
    }
}
