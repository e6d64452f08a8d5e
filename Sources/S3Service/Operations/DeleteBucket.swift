import AccessPolicy
import S3Protocol
import SealedStorage

struct DeleteBucket: AsyncS3Operation {
    static let name = "DeleteBucket"
    static let route = Route("DELETE", .bucket)

    private let request: S3Request
    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.deleteBucket, on: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        try await service.drive.deleteBucket(try service.buckets.bucket(bucket))
        service.tell(.bucketRemoved, ofBucket: bucket.rawValue, to: request)
        return .noContent
    }
}
