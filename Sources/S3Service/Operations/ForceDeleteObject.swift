import AccessPolicy
import ObjectStorage
import S3Protocol
import SealedStorage

/// MinIO's DeleteObject with `x-minio-force-delete: true`: the key goes with all its versions, and so do the keys below it.
struct ForceDeleteObject: AsyncS3Operation {
    static let name = "ForceDeleteObject"
    static let route = Route("DELETE", .object, header: ForceDelete.header)

    private let request: S3Request
    private let bucket: BucketName
    private let object: ObjectName

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
        object = try request.object
        try ForceDelete.require(request)
        guard try DeletePreconditions(request.headers).isEmpty else {
            throw S3Error(.notImplemented, "Conditions are of one object, and not of all that are to be deleted here.")
        }
    }

    var demands: [Demand] {
        [Demand(.deleteObject, on: object, in: bucket), Demand(.deleteObjectVersion, on: object, in: bucket)]
    }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let found = try service.buckets.bucket(bucket)
        try ForceDelete.requireUnlocked(found)
        try await service.objects.forceDelete(
            .key(object), in: found, notice: service.notice(.removedDelete, of: request, in: found)
        ) { key in
            let resource = Resource.object(bucket: bucket.rawValue, key: key)
            for action in [Action.deleteObject, .deleteObjectVersion] {
                try request.access.require(Demand(action, on: resource))
            }
        }
        return .noContent
    }
}
