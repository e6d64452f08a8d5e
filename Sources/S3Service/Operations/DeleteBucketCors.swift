import AccessPolicy
import S3Protocol
import SealedStorage

struct DeleteBucketCors: AsyncS3Operation {
    static let name = "DeleteBucketCors"
    static let route = Route("DELETE", .bucket, requiring: ["cors"])

    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.putBucketCORS, on: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        try await service.update(try service.buckets.bucket(bucket)) { $0.cors = nil }
        return .noContent
    }
}
