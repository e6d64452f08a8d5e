import AccessPolicy
import Cryptography
import S3Protocol
import SealedStorage

/// Says which webhooks are told of what happens in a bucket; an empty document: none.
struct PutBucketNotificationConfiguration: AsyncS3Operation {
    static let name = "PutBucketNotificationConfiguration"
    static let route = Route("PUT", .bucket, requiring: ["notification"])

    private let request: S3Request
    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.putBucketNotification, on: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let document = try await request.document(upTo: NotificationConfiguration.maximumByteCount)
        // `mc event remove --force` sends nothing at all.
        let configuration =
            document.isEmpty
            ? nil
            : try NotificationConfiguration.parse(document) { String(SecureRandom.word(), radix: 16) }
        for rule in configuration?.rules ?? [] {
            guard service.webhooks.contains(rule.target.id) else { throw NotificationConfiguration.unknownTarget }
            guard rule.target.region.isEmpty || rule.target.region == service.settings.region ?? "" else {
                throw NotificationConfiguration.foreignTarget
            }
        }
        try await service.update(bucket) { record in
            record.notification = configuration?.rules.isEmpty == false ? configuration : nil
        }
        return S3Response()
    }
}
