import AccessPolicy
import KeyManagement
import S3Protocol
import SealedStorage

/// Seals an object's key anew; its bytes, ETag, time and checksums stay as they are.
struct UpdateObjectEncryption: AsyncS3Operation {
    static let name = "UpdateObjectEncryption"
    static let route = Route("PUT", .object, requiring: ["encryption"], understanding: ["versionId"])

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

    var demands: [Demand] {
        [Demand(.updateObjectEncryption, on: object, in: bucket, conditions: version.conditions)]
    }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let document = try await request.document(upTo: DocumentLimit.configuration, requiresDigest: true)
        let decision =
            switch try ObjectEncryption.parse(document) {
            case .sseS3: EncryptionDecision.sseS3
            case .sseKMS(let keyID, let bucketKey):
                EncryptionDecision.sseKMS(key: try KeyID(keyID), clientContext: nil, bucketKey: bucketKey)
            }
        if case .sseKMS(let key, _, _) = decision { try request.access.requireUse(of: key.name, .generateDataKey) }
        try await service.objects.rekey(object, in: bucket, version: version.selector, as: decision)
        return S3Response()
    }
}
