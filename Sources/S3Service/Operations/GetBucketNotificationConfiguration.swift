import AccessPolicy
import S3Protocol
import SealedStorage

/// An empty document for a bucket without a configuration.
struct GetBucketNotificationConfiguration: ImmediateS3Operation {
    static let name = "GetBucketNotificationConfiguration"
    static let route = Route("GET", .bucket, requiring: ["notification"])

    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.getBucketNotification, on: bucket)] }

    func perform(in service: ServiceContext) throws -> S3Response {
        let configuration = try service.buckets.bucket(bucket).record.notification
        return .xml(configuration?.xml() ?? FixedAnswers.notificationConfiguration)
    }
}
