import AccessPolicy
import ObjectStorage
import S3Protocol
import SealedStorage

/// Fixes everything about the object but its bytes: version id, object key, attributes, checksum algorithm.
struct CreateMultipartUpload: AsyncS3Operation {
    static let name = "CreateMultipartUpload"
    static let route = Route("POST", .object, requiring: ["uploads"])

    private let request: S3Request
    private let bucket: BucketName
    private let object: ObjectName
    private let encryption: RequestedEncryption
    private let attributes: ObjectAttributes
    private let checksum: UploadChecksum?

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
        object = try request.object
        encryption = try SSEHeaders.ofWrite(request.headers, secrets: request.secrets, isSecure: request.isSecure)
        attributes = try ObjectAttributes(request)
        checksum = try UploadChecksum.parse(headers: request.headers)
    }

    var demands: [Demand] {
        var demands = [Demand(.putObject, on: object, in: bucket, conditions: encryption.conditions)]
        if !attributes.tags.isEmpty { demands.append(Demand(.putObjectTagging, on: object, in: bucket)) }
        return demands + attributes.lock.demands(on: object, in: bucket)
    }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        if !attributes.lock.isEmpty { try bucket.requireObjectLock() }
        let draft = ObjectDraft(
            bucket: bucket, key: object, encryption: try service.encryption(encryption, in: bucket, by: request.access),
            attributes: attributes, modified: request.time)
        let begun = try await service.uploads.begin(draft, checksum: checksum)

        var headers = begun.encryption.headers
        if let checksum {
            headers.append(("x-amz-checksum-algorithm", checksum.algorithm.name))
            headers.append(("x-amz-checksum-type", checksum.type.rawValue))
        }
        if let lifecycle = bucket.lifecycle {
            headers += lifecycle.abortionHeaders(ofUploadTo: object.rawValue, initiated: request.time)
        }
        let result = InitiateMultipartUploadResult(
            bucket: bucket.name, key: object.rawValue, uploadID: begun.upload.id.hex)
        return .xml(result.xml(), headers: headers)
    }
}
