import AccessPolicy
import Encryption
import ObjectStorage
import S3Protocol
import SealedStorage

/// The source of a CopyObject or UploadPartCopy, as the request's headers name it.
struct CopySource: Sendable {
    private let address: CopySourceAddress
    private let version: RequestedVersion
    /// The key that opens it, if it is under a customer's.
    let customerKey: CustomerKey?
    private let preconditions: Preconditions
    private let access: RequestAccess

    /// - Throws: `InvalidArgument` for an address that is none, and the refusals of customer keys.
    init(_ request: S3Request) throws(S3Error) {
        address = try CopySourceAddress(header: request.header(CopySourceAddress.header) ?? "")
        version = try RequestedVersion(address.versionID)
        customerKey = try SSEHeaders.ofCopySource(
            request.headers, secrets: request.secrets, isSecure: request.isSecure
        ).map { CustomerKey($0) }
        preconditions = Preconditions(copySource: request.headers)
        access = request.access
    }

    var demands: [Demand] {
        [Demand(version.readAction, on: address.key, in: address.bucket, conditions: version.conditions)]
    }

    /// What a copy of its tags needs besides.
    var taggingDemand: Demand {
        Demand(
            version.selector == .current ? .getObjectTagging : .getObjectVersionTagging, on: address.key,
            in: address.bucket, conditions: version.conditions)
    }

    /// What a copy of its annotations needs besides.
    var annotationDemand: Demand { Demand(.getObjectAnnotation, on: address.key, in: address.bucket) }

    /// Whether it is an object of this address, in whatever version.
    func isOf(_ bucket: BucketName, _ object: ObjectName) -> Bool {
        address.bucket == bucket && address.key == object
    }

    /// Looks it up with its body, and checks key and conditions.
    ///
    /// - Throws: `NoSuchBucket`, `NoSuchKey`, `PreconditionFailed`, and the refusals of customer keys.
    func find(in service: ServiceContext) throws -> StoredObject {
        let bucket = try service.buckets.bucket(address.bucket)
        let object = try access.revealing(address.key, in: address.bucket) {
            do {
                return try service.objects.requireWithBody(bucket, key: address.key, version: version.selector)
            } catch SealedStorageError.deleteMarker(let marker) where marker.isNamed {
                throw S3Error(
                    .invalidRequest,
                    "The source of a copy request may not specifically refer to a delete marker by version id.")
            }
        }
        try access.require(demands, of: object, in: bucket)
        // The key comes before the conditions: metadata of an SSE-C object is for those who have its key.
        try service.objects.verify(customerKey, opens: object)
        try access.requireUse(
            of: service.objects.encryption(of: object, customerKey).kmsKey, .decryptDataKey)
        switch preconditions.evaluateCopySource(etag: object.record.etag, modified: object.columns.modified) {
        case .proceed: return object
        case .notModified, .failed: throw S3Error(S3ErrorCode.preconditionFailed)
        }
    }

    /// The header that tells which version was copied, of a bucket that has any.
    func headers(of object: StoredObject) -> [(name: String, value: String)] {
        if object.columns.flags.contains(.nullVersion) {
            return address.versionID == nil ? [] : [(Self.versionHeader, "null")]
        }
        return [(Self.versionHeader, object.columns.version.hex)]
    }

    private static let versionHeader = "x-amz-copy-source-version-id"

    /// - Parameter size: bytes that one request is to copy.
    /// - Throws: `InvalidRequest` for more than 5 GiB.
    static func requireCopyable(_ size: Int64) throws(S3Error) {
        guard size <= ObjectLimit.singlePut else {
            throw S3Error(
                .invalidRequest,
                "The specified copy source is larger than the maximum allowable size for a copy source: "
                    + "\(ObjectLimit.singlePut)")
        }
    }
}
