import AccessPolicy
import S3Protocol
import SealedStorage

/// MinIO's stream of what happens in a bucket, as it happens: `mc watch`, `mc mirror --watch`.
struct ListenBucketNotification: ImmediateS3Operation {
    static let name = "ListenBucketNotification"
    static let route = Route(
        "GET", .bucket, requiring: ["events"], understanding: EventStreamRequest.parameters)

    private let bucket: BucketName
    private let listening: EventStreamRequest

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
        listening = try EventStreamRequest(request, bucket: bucket)
    }

    var demands: [Demand] { [Demand(.listenBucketNotification, on: bucket)] }

    func perform(in service: ServiceContext) throws -> S3Response {
        _ = try service.buckets.bucket(bucket)
        return try listening.begin(in: service)
    }
}
