import AccessPolicy
import S3Protocol
import SealedStorage

/// Succeeds whether or not there was an object; conditional when the client says so.
///
/// Without a version id it hides the object behind a delete marker where the bucket has versions.
struct DeleteObject: AsyncS3Operation {
    static let name = "DeleteObject"
    static let route = Route("DELETE", .object, understanding: ["versionId"])

    private let bucket: BucketName
    private let object: ObjectName
    private let version: RequestedVersion
    private let preconditions: DeletePreconditions
    private let request: S3Request

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
        object = try request.object
        preconditions = try DeletePreconditions(request.headers)
        version = try RequestedVersion(request)
        self.request = request
    }

    var demands: [Demand] {
        [Demand(version.deleteAction, on: object, in: bucket, conditions: version.conditions)]
    }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let found = try service.buckets.bucket(bucket)
        let deleted = try await service.objects.delete(
            found, key: object, version: version.selector, conditions: preconditions,
            bypassesGovernance: request.bypassesGovernance(object, in: bucket),
            notice: service.notice(.removedDelete, of: request, in: found), at: request.time)
        var headers: [(name: String, value: String)] = []
        if let versionID = deleted.versionID { headers.append(("x-amz-version-id", versionID)) }
        if deleted.isDeleteMarker { headers.append(("x-amz-delete-marker", "true")) }
        return S3Response(status: 204, headers: headers)
    }
}
