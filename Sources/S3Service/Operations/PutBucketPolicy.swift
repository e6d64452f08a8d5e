import AccessPolicy
import S3Protocol
import SealedStorage

/// A policy is stored only when every name in it is known: what is not understood might be what forbids.
struct PutBucketPolicy: AsyncS3Operation {
    static let name = "PutBucketPolicy"
    static let route = Route("PUT", .bucket, requiring: ["policy"])

    private let request: S3Request
    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.putBucketPolicy, on: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let document = try await request.document(upTo: BucketPolicy.maximumBytes)
        let policy = try await service.drive.offload { try parse(document) }
        try await service.update(bucket) { record in
            guard !policy.isPublic || record.publicAccessBlock?.blockPublicPolicy != true else {
                throw S3Error(
                    .accessDenied,
                    "Access Denied: public policies are blocked by the BlockPublicPolicy setting of the bucket.")
            }
            record.policy = .readable(policy)
        }
        return .noContent
    }

    private func parse(_ document: [UInt8]) throws(S3Error) -> BucketPolicy {
        do throws(PolicyMalformed) {
            let policy = try BucketPolicy(document)
            try policy.requireResources(of: bucket.rawValue)
            return policy
        } catch {
            throw S3Error(.malformedPolicy, error.description)
        }
    }
}
