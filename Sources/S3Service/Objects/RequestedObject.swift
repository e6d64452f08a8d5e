import AccessPolicy
import ObjectStorage
import S3Protocol
import SealedStorage

/// The object that a request names, and which version of it: of operations on what an object has besides its bytes.
struct RequestedObject: Sendable {
    let bucket: BucketName
    let name: ObjectName
    let version: RequestedVersion
    private let access: RequestAccess
    private let request: S3Request

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
        name = try request.object
        version = try RequestedVersion(request)
        access = request.access
        self.request = request
    }

    /// A version that was found, and the header that names it.
    struct Found {
        let object: StoredObject
        fileprivate let bucket: Bucket
        /// `x-amz-version-id`; empty in a bucket without versioning.
        let versionHeaders: [(name: String, value: String)]

        init(_ object: StoredObject, in bucket: Bucket) {
            self.object = object
            self.bucket = bucket
            versionHeaders = object.versionID(in: bucket).map { [("x-amz-version-id", $0)] } ?? []
        }
    }

    /// The right to do something to the object: one for its current version, another for one that is named.
    func demand(
        _ action: Action, ofVersion versioned: Action, conditions: [ConditionKey: [String]] = [:]
    ) -> Demand {
        Demand(
            version.selector == .current ? action : versioned, on: name, in: bucket,
            conditions: version.conditions.merging(conditions) { $1 })
    }

    /// The version without its body; a few microseconds, in place.
    ///
    /// - Throws: `noSuchBucket`, `noSuchKey`, `noSuchVersion`, `deleteMarker`.
    func find(in service: ServiceContext) throws -> Found {
        let bucket = try service.buckets.bucket(bucket)
        return try access.revealing(name, in: self.bucket) {
            Found(try service.objects.require(bucket, key: name, version: version.selector), in: bucket)
        }
    }

    /// The version with its list of parts, of one moment.
    ///
    /// - Throws: as ``find(in:)``.
    func findWithParts(in service: ServiceContext) throws -> Found {
        let bucket = try service.buckets.bucket(bucket)
        return try access.revealing(name, in: self.bucket) {
            Found(try service.objects.requireWithBody(bucket, key: name, version: version.selector), in: bucket)
        }
    }

    /// Tells that it was read, where somebody is to be told.
    func tell(_ event: EventName, _ found: Found, _ service: ServiceContext) {
        service.tell(event, of: found.object, to: request, in: found.bucket)
    }

    /// Demands again what a policy allows by the object's tags, now that it is at hand.
    func require(_ demands: [Demand], of found: Found) throws {
        try access.require(demands, of: found.object, in: found.bucket)
    }

    /// Puts `tags` in the place of those that the version has.
    ///
    /// - Throws: as ``find(in:)``, and what the drive does.
    func setTags(_ tags: ObjectTags, in service: ServiceContext, _ event: EventName) async throws -> Found {
        let bucket = try service.buckets.bucket(bucket)
        let tagged = try await service.objects.setTags(
            tags, of: bucket, key: name, version: version.selector,
            notice: service.notice(event, of: request, in: bucket))
        return Found(tagged, in: bucket)
    }
}
