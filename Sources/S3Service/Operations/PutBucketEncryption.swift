import AccessPolicy
import KeyManagement
import S3Protocol
import SealedStorage

struct PutBucketEncryption: AsyncS3Operation {
    static let name = "PutBucketEncryption"
    static let route = Route("PUT", .bucket, requiring: ["encryption"])

    private let request: S3Request
    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.putEncryptionConfiguration, on: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let document = try await request.document(upTo: DocumentLimit.configuration)
        let rule = try ServerSideEncryptionConfiguration.parse(document)
        if let key = rule.algorithm?.keyID {
            // A key that does not exist is refused here, not at every later write.
            try await service.keys.service.requireUsable(KeyID(key))
        }
        try await service.update(bucket) { $0.encryption = rule }
        return S3Response()
    }
}

extension KeyService {
    /// Throws what a write under the key would.
    fileprivate func requireUsable(_ key: KeyID) async throws(KeyServiceError) {
        do throws(KeyServiceError) {
            _ = try await describeKey(key)
        } catch {
            guard error == .notAuthorized else { throw error }
            // Policies written for other servers permit the use of a key, and not a look at it.
            _ = try await generateDataKey(under: key, context: KMSContext())
        }
    }
}
