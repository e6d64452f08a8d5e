import S3Protocol

struct DeleteBucket: AsyncS3Operation {
    static let name = "DeleteBucket"
    static let route = Route("DELETE", .bucket)

    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
        // MinIO's extension deletes the bucket with all it holds. Doing less than asked in silence would be worse.
        if request.header("x-minio-force-delete")?.lowercased() == "true" { throw S3Error(.notImplemented) }
    }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        try await service.buckets.delete(bucket)
        service.dataKeys.forget(bucket.id)
        return .noContent
    }
}
