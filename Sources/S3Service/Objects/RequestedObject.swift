import AccessPolicy
import S3Protocol
import SealedStorage

/// The object that a request names, and which version of it: of operations on what an object has besides its bytes.
struct RequestedObject: Sendable {
    let bucket: BucketName
    let name: ObjectName
    let version: RequestedVersion

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
        name = try request.object
        version = try RequestedVersion(request)
    }

    /// The right to do something to the object: one for its current version, another for one that is named.
    func demand(_ action: Action, ofVersion versioned: Action) -> Demand {
        if case .current = version {
            Demand(action, on: name, in: bucket)
        } else {
            Demand(versioned, on: name, in: bucket)
        }
    }

    /// The object without its body; a few microseconds, in place.
    ///
    /// - Throws: `noSuchBucket`, `noSuchKey`.
    func find(in service: ServiceContext) throws -> StoredObject {
        guard let object = try service.objects.find(try service.buckets.bucket(bucket), key: name) else {
            throw S3Error(.noSuchKey)
        }
        return object
    }

    /// The object with its list of parts, of one moment.
    ///
    /// - Throws: `noSuchBucket`, `noSuchKey`.
    func findWithParts(in service: ServiceContext) throws -> StoredObject {
        guard let object = try service.objects.findWithBody(try service.buckets.bucket(bucket), key: name) else {
            throw S3Error(.noSuchKey)
        }
        return object
    }

    /// Puts `tags` in the place of those that the object has.
    ///
    /// - Throws: as ``SealedStorage/Objects/setTags(_:of:key:)``.
    func setTags(_ tags: ObjectTags, in service: ServiceContext) async throws {
        try await service.objects.setTags(tags, of: try service.buckets.bucket(bucket), key: name)
    }
}
