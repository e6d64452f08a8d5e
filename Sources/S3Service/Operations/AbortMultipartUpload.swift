import ObjectStorage
import S3Protocol

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

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let id = request.query("uploadId") ?? ""
        let upload = try service.upload(id, bucket: bucket, object: object)
        guard try await service.store.abortUpload(upload.row.id) else {
            throw S3Error.noSuchUpload(id)
        }
        return .noContent
    }
}
