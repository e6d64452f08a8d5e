import AccessPolicy
import S3Protocol
import SealedStorage

struct DeletePublicAccessBlock: AsyncS3Operation {
    static let name = "DeletePublicAccessBlock"
    static let route = Route("DELETE", .bucket, requiring: ["publicAccessBlock"])

    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
    }

    /// Taking the block away is putting one that blocks nothing: AWS asks for the same right.
    var demands: [Demand] { [Demand(.putBucketPublicAccessBlock, on: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        try await service.update(try service.buckets.bucket(bucket)) { $0.publicAccessBlock = nil }
        return .noContent
    }
}
