import AccessPolicy
import Notation
import S3Protocol
import SealedStorage

/// GetBucketLifecycle, the older name, is the same request.
struct GetBucketLifecycleConfiguration: S3Operation {
    static let name = "GetBucketLifecycleConfiguration"
    static let route = Route("GET", .bucket, requiring: ["lifecycle"], understanding: ["withUpdatedAt"])

    private let bucket: BucketName
    /// Whether MinIO's header with the time of the last change is wanted.
    private let wantsTime: Bool

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
        wantsTime = request.query("withUpdatedAt") == "true"
    }

    var demands: [Demand] { [Demand(.getLifecycleConfiguration, on: bucket)] }

    /// The document of some rules is written on the spot.
    private static let fewRules = 32

    func begin(in service: ServiceContext) throws -> S3Progress {
        guard let configuration = try service.buckets.bucket(bucket).record.lifecycle else {
            throw S3Error(.noSuchLifecycleConfiguration)
        }
        var headers = [
            (name: LifecycleConfiguration.TransitionMinimum.header, value: configuration.transitionMinimum.rawValue)
        ]
        if wantsTime, let updated = configuration.updated {
            headers.append(("x-minio-lifecycleconfig-updatedat", HTTPDate.amzDate(updated)))
        }
        guard configuration.rules.count > Self.fewRules else {
            return .done(.xml(configuration.xml(), headers: headers))
        }
        return .waiting(documentUpTo: DocumentLimit.configuration) { [headers] in
            .xml(try await service.drive.offload { configuration.xml() }, headers: headers)
        }
    }
}
