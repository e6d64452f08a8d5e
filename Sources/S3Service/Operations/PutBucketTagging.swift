import AccessPolicy
import S3Protocol
import SealedStorage

/// An empty set is no set.
struct PutBucketTagging: AsyncS3Operation {
    static let name = "PutBucketTagging"
    static let route = Route("PUT", .bucket, requiring: ["tagging"])

    private let request: S3Request
    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.putBucketTagging, on: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let document = try await request.document(upTo: DocumentLimit.smallSetting)
        let tags = try ObjectTags(document: document, maximum: ObjectTags.maximumOfBucket)
        try await service.update(bucket) { $0.tags = tags.pairs.isEmpty ? nil : tags }
        return S3Response()
    }
}
