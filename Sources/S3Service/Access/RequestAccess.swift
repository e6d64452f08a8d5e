import AccessPolicy
import HTTPServer
import Requests
import S3Protocol
import SealedStorage

/// Whether the sender of one request may do what it demands: by the policies of the buckets that it is about.
///
/// A class, because the request keeps it with two dozen attributes that no bucket without a policy asks for.
final class RequestAccess: Sendable {
    let principal: Principal
    let attributes: S3RequestAttributes
    let buckets: BucketDirectory
    let objects: Objects
    private let authoriser = Authoriser()

    init(
        _ principal: Principal, _ attributes: S3RequestAttributes, buckets: BucketDirectory, objects: Objects
    ) {
        self.principal = principal
        self.attributes = attributes
        self.buckets = buckets
        self.objects = objects
    }

    /// That of the upload which a form asks for, in place of the form's own.
    func ofForm(_ head: RequestHead, from principal: Principal) -> RequestAccess {
        RequestAccess(
            principal, attributes.ofForm(head, from: principal), buckets: buckets, objects: objects)
    }

    /// - Throws: `AccessDenied` unless all is allowed, and when nothing is demanded; `NoSuchBucket` for who may ask for
    ///   anything anonymously; what keeps a policy from being read.
    func require(_ demands: [Demand]) throws {
        guard !demands.isEmpty else { throw S3Error(.accessDenied) }
        for demand in demands { try require(demand) }
    }

    /// - Parameter existingTags: of the object that is demanded; `nil` to look them up where the policy asks for them.
    func require(_ demand: Demand, existingTags: [(key: String, value: String)]? = nil) throws {
        switch try decide(demand, existingTags) {
        case .allowed: return
        case .notAllowed: throw S3Error(.accessDenied)
        case .forbiddenByIdentity: throw S3Error(.accessDenied, forbidding(demand, "an identity-based policy"))
        case .forbidden: throw S3Error(.accessDenied, forbidding(demand, "a resource-based policy"))
        }
    }

    /// Demands again what is demanded of an object of a bucket, now that it is at hand: it may be another than the one
    /// whose tags were looked up.
    func require(_ demands: @autoclosure () -> [Demand], of object: StoredObject, in bucket: Bucket) throws {
        guard bucket.obstacle == nil else { return }
        var asks = principal.asksForExistingTags
        if !asks, case .readable(let policy)? = try bucket.policy { asks = policy.asksForExistingTags }
        guard asks else { return }
        for demand in demands() { try require(demand, existingTags: object.record.attributes.tags) }
    }

    /// Demands what every write of an object needs, of a request that could not be decoded.
    func requireWrite(_ route: Route, _ resource: ResourceAddress) throws {
        guard case .object(let bucket, let object) = resource, route.method == "PUT" || route.method == "POST",
            route.required.isSubset(of: ["uploads", "partNumber", "uploadId"])
        else { return }
        try require(Demand(.putObject, on: object, in: bucket))
    }

    /// What is said to whom the reading of an object is refused: if there is no object, and the sender may list the bucket,
    /// that there is none.
    func refusal(_ refusal: S3Error, of demands: [Demand]) throws -> S3Error {
        guard refusal.code == .accessDenied, demands.count == 1, demands[0].action == .getObject,
            case .object(let name, let key) = demands[0].resource, let bucket = buckets.bucket(named: name),
            try decide(demands[0], nil) == .notAllowed
        else { return refusal }
        let listing = Demand(.listBucket, on: .bucket(name), conditions: [.prefix: [key]])
        guard allows(listing), try objects.find(bucket, key: ObjectName(key)) == nil else { return refusal }
        return S3Error(.noSuchKey)
    }

    /// Refuses what uses a key of the key service that a policy of the sender's forbids it.
    ///
    /// No policy has to allow it: who may read or write an object may use its key for that, as on MinIO.
    func requireUse(of key: String?, _ action: Action) throws(S3Error) {
        guard let key, case .account = principal else { return }
        let demand = Demand(action, on: .key(key))
        guard !authoriser.forbids(AccessRequest(principal, demand, attributes)) else {
            throw S3Error(.accessDenied, forbidding(demand, "an identity-based policy"))
        }
    }

    /// Whether the sender is to get nothing of what it demands: who has no account, and whom a policy forbids it.
    func refusesOutright(_ demands: [Demand]) -> Bool {
        principal.isAnonymous
            || demands.contains { authoriser.forbids(AccessRequest(principal, $0, attributes)) }
    }

    func allows(_ demand: Demand) -> Bool { (try? decide(demand, nil)) == .allowed }

    /// Looks for an object: who may not list the bucket learns of one that is not there no more than that access is denied.
    func revealing<Found>(
        _ object: ObjectName, in bucket: BucketName, _ find: () throws -> Found
    ) throws -> Found {
        do {
            return try find()
        } catch let absence as SealedStorageError where absence.isAbsence {
            let listing = Demand(.listBucket, on: bucket, conditions: [.prefix: [object.rawValue]])
            guard allows(listing) else { throw S3Error(.accessDenied) }
            throw absence
        }
    }

    // MARK: The decision

    private func decide(
        _ demand: Demand, _ existingTags: [(key: String, value: String)]?
    ) throws -> Authoriser.Decision {
        guard let name = demand.resource.bucket else { return plainly(demand, []) }
        guard let bucket = buckets.bucket(named: name) else {
            if principal.isAnonymous, demand.action != .createBucket { throw S3Error(.noSuchBucket) }
            return plainly(demand, [])
        }
        switch bucket.obstacle {
        case nil: break
        case .damaged where principal.isRoot:
            // The owner mends, empties and deletes it; what its policy said is lost.
            return plainly(demand, [])
        case .locked where principal.isRoot && Self.needsNoRecord(demand.action): return plainly(demand, [])
        case .damaged, .locked: _ = try bucket.record
        }
        let policy = try bucket.policy
        var asksForTags = principal.asksForExistingTags
        if case .readable(let policy)? = policy { asksForTags = asksForTags || policy.asksForExistingTags }
        let tags = asksForTags ? try existingTags ?? self.tags(of: demand, in: bucket) : []
        switch policy {
        case nil: return plainly(demand, tags)
        case .unreadable:
            guard principal.isRoot, Self.isOfPolicy(demand.action) else {
                throw Corruption(what: "policy of bucket \"\(name)\"")
            }
            return plainly(demand, tags)
        case .readable(let policy):
            return authoriser.decide(
                AccessRequest(principal, demand, attributes, existingTags: tags), by: policy,
                restrictsPublic: try bucket.record.publicAccessBlock?.restrictPublicBuckets ?? false)
        }
    }

    /// Without a policy of the bucket.
    private func plainly(_ demand: Demand, _ tags: [(key: String, value: String)]) -> Authoriser.Decision {
        if case .root = principal { return .allowed }
        return authoriser.decide(AccessRequest(principal, demand, attributes, existingTags: tags))
    }

    private func tags(of demand: Demand, in bucket: Bucket) throws -> [(key: String, value: String)] {
        guard case .object(_, let key) = demand.resource else { return [] }
        let version = try RequestedVersion(demand.conditions[.versionID]?.first)
        return try objects.find(bucket, key: ObjectName(key), version: version.selector)?.record.attributes.tags ?? []
    }

    /// What is answered while the catalogue is locked, or fails by itself then.
    private static func needsNoRecord(_ action: Action) -> Bool {
        action == .listBucket || action == .getBucketLocation
    }

    private static func isOfPolicy(_ action: Action) -> Bool {
        action == .getBucketPolicy || action == .putBucketPolicy || action == .deleteBucketPolicy
    }

    private func forbidding(_ demand: Demand, _ policy: String) -> String? {
        guard let arn = principal.arn, let resource = demand.resource.name else { return nil }
        return "User: \(arn) is not authorized to perform: \(demand.action) on resource: "
            + "\"\(resource)\" with an explicit deny in \(policy)"
    }
}

extension SealedStorageError {
    fileprivate var isAbsence: Bool {
        switch self {
        case .noSuchKey, .noSuchVersion, .deleteMarker: true
        case .noSuchBucket, .locked, .noSuchUpload, .preconditionFailed, .conditionalConflict, .overtaken,
            .customerKeyRequired, .customerKeyNotApplicable, .wrongCustomerKey, .layeredEncryption, .noSuchAnnotation,
            .annotationLimitExceeded, .annotationUnderCustomerKey:
            false
        }
    }
}

extension Resource {
    /// The bucket that it is, or is in.
    fileprivate var bucket: String? {
        switch self {
        case .bucket(let bucket), .object(let bucket, _), .someObject(let bucket): bucket
        case .service, .key, .someKey: nil
        }
    }

    /// Its Amazon resource name.
    fileprivate var name: String? {
        switch self {
        case .bucket(let bucket): "arn:aws:s3:::\(bucket)"
        case .object(let bucket, let key): "arn:aws:s3:::\(bucket)/\(key)"
        case .someObject(let bucket): "arn:aws:s3:::\(bucket)/*"
        case .key(let name?): "arn:minio:kms:::\(name)"
        case .service, .key, .someKey: nil
        }
    }
}
