import AccessPolicy
import S3Protocol
import SealedStorage

struct PutBucketOwnershipControls: AsyncS3Operation {
    static let name = "PutBucketOwnershipControls"
    static let route = Route("PUT", .bucket, requiring: ["ownershipControls"])

    private let request: S3Request
    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.putBucketOwnershipControls, on: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let document = try await request.document(upTo: DocumentLimit.configuration)
        let controls = try OwnershipControls.parse(document)
        try await service.update(bucket) { $0.ownershipControls = controls }
        return S3Response()
    }
}
