import AccessPolicy
import S3Protocol
import SealedStorage

struct PutBucketCors: AsyncS3Operation {
    static let name = "PutBucketCors"
    static let route = Route("PUT", .bucket, requiring: ["cors"])

    private let request: S3Request
    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.putBucketCORS, on: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let document = try await request.document(upTo: CORSConfiguration.maximumByteCount)
        let cors = try CORSConfiguration.parse(document)
        try await service.update(bucket) { $0.cors = cors }
        return S3Response()
    }
}
