import AccessPolicy
import S3Protocol
import SealedStorage

/// Says what retention new versions get; locks a bucket with versioning for good.
struct PutObjectLockConfiguration: AsyncS3Operation {
    static let name = "PutObjectLockConfiguration"
    static let route = Route("PUT", .bucket, requiring: ["object-lock"])

    private let request: S3Request
    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.putBucketObjectLockConfiguration, on: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let document = try await request.document(upTo: DocumentLimit.configuration)
        let configuration = try ObjectLockConfiguration.parse(document)
        try await service.update(bucket) { record in try record.lock(configuration) }
        return S3Response()
    }
}
