import AccessPolicy
import S3Protocol
import SealedStorage

/// Succeeds whether or not there was an object; conditional when the client says so.
struct DeleteObject: AsyncS3Operation {
    static let name = "DeleteObject"
    static let route = Route("DELETE", .object, understanding: ["versionId"])

    private let bucket: BucketName
    private let object: ObjectName
    private let version: RequestedVersion
    private let preconditions: DeletePreconditions

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
        object = try request.object
        preconditions = try DeletePreconditions(request.headers)
        version = try RequestedVersion(request)
    }

    var demands: [Demand] {
        [Demand(version.deleteAction, on: object, in: bucket, conditions: version.conditions)]
    }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        try await service.objects.delete(
            try service.buckets.bucket(bucket), key: object, conditions: preconditions)
        return .noContent
    }
}
