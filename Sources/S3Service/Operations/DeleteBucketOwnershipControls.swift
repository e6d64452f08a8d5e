import AccessPolicy
import S3Protocol
import SealedStorage

struct DeleteBucketOwnershipControls: AsyncS3Operation {
    static let name = "DeleteBucketOwnershipControls"
    static let route = Route("DELETE", .bucket, requiring: ["ownershipControls"])

    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
    }

    /// Taking them away is putting others: AWS asks for the same right.
    var demands: [Demand] { [Demand(.putBucketOwnershipControls, on: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        try await service.update(try service.buckets.bucket(bucket)) { $0.ownershipControls = nil }
        return .noContent
    }
}
