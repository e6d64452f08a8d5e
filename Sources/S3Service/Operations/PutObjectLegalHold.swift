import AccessPolicy
import S3Protocol
import SealedStorage

/// Keeps a version whatever its retention, until the hold is taken off.
struct PutObjectLegalHold: AsyncS3Operation {
    static let name = "PutObjectLegalHold"
    static let route = Route("PUT", .object, requiring: ["legal-hold"], understanding: ["versionId"])

    private let request: S3Request
    private let bucket: BucketName
    private let object: ObjectName
    private let version: RequestedVersion

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
        object = try request.object
        version = try RequestedVersion(request)
    }

    var demands: [Demand] { [Demand(.putObjectLegalHold, on: object, in: bucket, conditions: version.conditions)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        try bucket.requireObjectLock()
        let document = try await request.document(upTo: DocumentLimit.configuration)
        let legalHold = try ObjectLock.parseLegalHold(document)
        try request.access.require(
            Demand(
                .putObjectLegalHold, on: object, in: self.bucket,
                conditions: version.conditions.merging([.objectLockLegalHold: [legalHold ? "ON" : "OFF"]]) { $1 }))
        try await service.objects.updateLock(
            bucket, key: object, version: version.selector,
            notice: service.notice(.createdLegalHold, of: request, in: bucket)
        ) { lock, _ in
            ObjectLock(retention: lock.retention, legalHold: legalHold)
        }
        return S3Response()
    }
}
