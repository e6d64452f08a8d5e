import AccessPolicy
import S3Protocol
import SealedStorage

/// Accepts the ACL that every bucket has, in any of its forms, and no other.
struct PutBucketAcl: AsyncS3Operation {
    static let name = "PutBucketAcl"
    static let route = Route("PUT", .bucket, requiring: ["acl"])

    private let request: S3Request
    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
        try AccessControlList.requireOwnerOnly(request.headers)
    }

    var demands: [Demand] { [Demand(.putBucketACL, on: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        _ = try service.buckets.bucket(bucket)
        try await request.requireOwnersACL()
        return S3Response()
    }
}
