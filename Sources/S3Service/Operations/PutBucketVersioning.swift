import AccessPolicy
import S3Protocol
import SealedStorage

struct PutBucketVersioning: AsyncS3Operation {
    static let name = "PutBucketVersioning"
    static let route = Route("PUT", .bucket, requiring: ["versioning"])

    private let request: S3Request
    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.putBucketVersioning, on: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let document = try await request.document(upTo: DocumentLimit.configuration)
        let configuration = try VersioningConfiguration.parse(document)
        try await service.update(bucket) { record in try record.setVersioning(configuration) }
        return S3Response()
    }
}
