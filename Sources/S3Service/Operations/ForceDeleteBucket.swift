import AccessPolicy
import ObjectStorage
import S3Protocol
import SealedStorage

/// MinIO's DeleteBucket with `x-minio-force-delete: true`: the bucket goes with everything in it.
struct ForceDeleteBucket: AsyncS3Operation {
    static let name = "ForceDeleteBucket"
    static let route = Route("DELETE", .bucket, header: ForceDelete.header)

    private let request: S3Request
    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
        try ForceDelete.require(request)
    }

    var demands: [Demand] { [Demand(.deleteBucket, on: bucket), Demand(.forceDeleteBucket, on: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        try ForceDelete.requireUnlocked(bucket)
        for _ in 1..<Self.greatestAttempts {
            try await service.objects.forceDelete(
                .bucket, in: bucket, notice: service.notice(.removedDelete, of: request, in: bucket))
            do {
                try await service.drive.deleteBucket(bucket)
                service.tell(.bucketRemoved, ofBucket: bucket.name, to: request)
                return .noContent
            } catch StorageError.bucketNotEmpty {
                // Somebody still writes into it.
            }
        }
        try await service.drive.deleteBucket(bucket)
        service.tell(.bucketRemoved, ofBucket: bucket.name, to: request)
        return .noContent
    }

    /// How often it is emptied, when each time others have written into it meanwhile.
    private static let greatestAttempts = 5
}

/// MinIO's header that has all versions of what is named deleted.
enum ForceDelete {
    static let header = "x-minio-force-delete"

    /// - Throws: `MethodNotAllowed`, as MinIO, in a bucket whose objects may be locked.
    static func requireUnlocked(_ bucket: Bucket) throws(S3Error) {
        guard bucket.versioning != .locked else { throw S3Error(.methodNotAllowed) }
    }

    /// - Throws: `InvalidArgument` when the header does not say `true`: it may have been meant as the usual deletion.
    static func require(_ request: S3Request) throws(S3Error) {
        guard let value = request.header(header), value.lowercased() != "true" else { return }
        throw S3Error(.invalidArgument, details: [("ArgumentName", header), ("ArgumentValue", value)])
    }
}
