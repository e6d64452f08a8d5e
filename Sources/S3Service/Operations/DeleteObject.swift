import ObjectStorage
import S3Protocol

/// Succeeds whether or not there was an object; conditional when the client says so.
struct DeleteObject: AsyncS3Operation {
    static let name = "DeleteObject"
    static let route = Route("DELETE", .object, allowing: ["versionId"])

    private let bucket: BucketName
    private let object: ObjectName
    private let preconditions: DeletePreconditions

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
        object = try request.object
        preconditions = try DeletePreconditions(request.headers)
        try request.requireCurrentVersion()
    }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        _ = try await service.store.delete(
            bucket.id, key: object.rawValue, check: service.checkAtCommit(preconditions))
        return .noContent
    }
}
