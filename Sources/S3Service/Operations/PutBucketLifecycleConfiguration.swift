import AccessPolicy
import ObjectStorage
import S3Protocol
import SealedStorage

/// PutBucketLifecycle, the older name, is the same request.
struct PutBucketLifecycleConfiguration: AsyncS3Operation {
    static let name = "PutBucketLifecycleConfiguration"
    static let route = Route("PUT", .bucket, requiring: ["lifecycle"])

    private let request: S3Request
    private let bucket: BucketName
    private let transitionMinimum: LifecycleConfiguration.TransitionMinimum

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
        let name = LifecycleConfiguration.TransitionMinimum.header
        let text = request.header(name) ?? LifecycleConfiguration.TransitionMinimum.all128K.rawValue
        guard let minimum = LifecycleConfiguration.TransitionMinimum(rawValue: text) else {
            throw S3Error(.invalidArgument, details: [("ArgumentName", name), ("ArgumentValue", text)])
        }
        transitionMinimum = minimum
    }

    var demands: [Demand] { [Demand(.putLifecycleConfiguration, on: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let document = try await request.document(upTo: DocumentLimit.configuration)
        // Of a thousand rules: not on an event loop.
        var configuration = try await service.drive.offload {
            let configuration = try LifecycleConfiguration.parse(document)
            // What is escaped takes more room than it was sent in.
            guard configuration.xml().count <= DocumentLimit.configuration else { throw S3Error(.entityTooLarge) }
            return configuration
        }
        configuration.transitionMinimum = transitionMinimum
        configuration.updated = request.time
        let removesAll = configuration.rules.contains(where: \.expiresAllVersions)
        try await service.update(bucket) { [configuration] record in
            guard !removesAll || record.versioning != .locked else {
                throw S3Error(
                    .invalidRequest, "ExpiredObjectAllVersions cannot be used on an object locked bucket.")
            }
            record.lifecycle = configuration
        }
        return S3Response(headers: [
            (LifecycleConfiguration.TransitionMinimum.header, transitionMinimum.rawValue)
        ])
    }
}
