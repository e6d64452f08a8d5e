import AccessPolicy
import S3Protocol
import SealedStorage

/// Says whether the bucket's policy lets in everybody; without a policy, that it does not.
struct GetBucketPolicyStatus: ImmediateS3Operation {
    static let name = "GetBucketPolicyStatus"
    static let route = Route("GET", .bucket, requiring: ["policyStatus"])

    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.getBucketPolicyStatus, on: bucket)] }

    func perform(in service: ServiceContext) throws -> S3Response {
        switch try service.buckets.bucket(bucket).record.policy {
        case nil, .unreadable: .xml(PolicyStatus(isPublic: false).xml())
        case .readable(let policy): .xml(PolicyStatus(isPublic: policy.isPublic).xml())
        }
    }
}
