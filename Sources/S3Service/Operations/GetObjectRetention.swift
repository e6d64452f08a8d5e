import AccessPolicy
import S3Protocol
import SealedStorage

struct GetObjectRetention: ImmediateS3Operation {
    static let name = "GetObjectRetention"
    static let route = Route("GET", .object, requiring: ["retention"], understanding: ["versionId"])

    private let bucket: BucketName
    private let object: ObjectName
    private let version: RequestedVersion
    private let request: S3Request

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
        object = try request.object
        version = try RequestedVersion(request)
        self.request = request
    }

    var demands: [Demand] { [Demand(.getObjectRetention, on: object, in: bucket, conditions: version.conditions)] }

    func perform(in service: ServiceContext) throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        try bucket.requireObjectLock()
        let found = try request.access.revealing(object, in: self.bucket) {
            try service.objects.require(bucket, key: object, version: version.selector)
        }
        guard let document = found.record.attributes.lock.retentionXML() else {
            throw S3Error(.noSuchObjectLockConfiguration)
        }
        service.tell(.accessedRetention, of: found, to: request, in: bucket)
        return .xml(document)
    }
}
