import AccessPolicy
import S3Protocol
import SealedStorage

struct PutPublicAccessBlock: AsyncS3Operation {
    static let name = "PutPublicAccessBlock"
    static let route = Route("PUT", .bucket, requiring: ["publicAccessBlock"])

    private let request: S3Request
    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.putBucketPublicAccessBlock, on: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let document = try await request.document(upTo: DocumentLimit.configuration)
        let block = try PublicAccessBlock.parse(document)
        try await service.update(bucket) { $0.publicAccessBlock = block }
        return S3Response()
    }
}
