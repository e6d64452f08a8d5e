import AccessPolicy
import S3Protocol
import SealedStorage

struct DeleteBucket: AsyncS3Operation {
    static let name = "DeleteBucket"
    static let route = Route("DELETE", .bucket)

    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.deleteBucket, on: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        try await service.drive.deleteBucket(try service.buckets.bucket(bucket))
        return .noContent
    }
}
