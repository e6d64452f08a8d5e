import AccessPolicy
import S3Protocol
import SealedStorage

/// Lengthens the retention of a version, or says its first; shortens it where that may be done.
struct PutObjectRetention: AsyncS3Operation {
    static let name = "PutObjectRetention"
    static let route = Route("PUT", .object, requiring: ["retention"], understanding: ["versionId"])

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

    var demands: [Demand] { [Demand(.putObjectRetention, on: object, in: bucket, conditions: version.conditions)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        try bucket.requireObjectLock()
        let document = try await request.document(upTo: DocumentLimit.configuration)
        let retention = try ObjectRetentionRequest.parse(document)
        try request.access.require(
            Demand(
                .putObjectRetention, on: object, in: self.bucket,
                conditions: version.conditions.merging(retention.conditions(at: request.time)) { $1 }))
        let bypasses = request.bypassesGovernance(object, in: self.bucket)
        try await service.objects.updateLock(
            bucket, key: object, version: version.selector,
            notice: service.notice(.createdRetention, of: request, in: bucket)
        ) { lock, start in
            try lock.changed(by: retention, at: request.time, periodsFrom: start, bypassesGovernance: bypasses)
        }
        return S3Response()
    }
}
