import AccessPolicy
import S3Protocol
import SealedStorage

struct HeadBucket: ImmediateS3Operation {
    static let name = "HeadBucket"
    static let route = Route("HEAD", .bucket)

    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.listBucket, on: bucket)] }

    func perform(in service: ServiceContext) throws -> S3Response {
        _ = try service.buckets.bucket(bucket)
        return S3Response(
            headers: [("x-amz-bucket-region", service.settings.region ?? "us-east-1")], body: .described(length: 0))
    }
}
