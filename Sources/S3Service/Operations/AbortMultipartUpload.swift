import AccessPolicy
import S3Protocol
import SealedStorage

struct AbortMultipartUpload: AsyncS3Operation {
    static let name = "AbortMultipartUpload"
    static let route = Route("DELETE", .object, requiring: ["uploadId"])

    private let request: S3Request
    private let bucket: BucketName
    private let object: ObjectName

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
        object = try request.object
    }

    var demands: [Demand] { [Demand(.abortMultipartUpload, on: object, in: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        try await service.uploads.abort(request.query("uploadId") ?? "", in: bucket, key: object)
        return .noContent
    }
}
