import AccessPolicy
import S3Protocol
import SealedStorage

/// Answers the policy's JSON as it was put, byte for byte.
struct GetBucketPolicy: ImmediateS3Operation {
    static let name = "GetBucketPolicy"
    static let route = Route("GET", .bucket, requiring: ["policy"])

    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.getBucketPolicy, on: bucket)] }

    func perform(in service: ServiceContext) throws -> S3Response {
        guard let policy = try service.buckets.bucket(bucket).record.policy else {
            throw S3Error(.noSuchBucketPolicy)
        }
        return S3Response(body: .json(policy.document))
    }
}
