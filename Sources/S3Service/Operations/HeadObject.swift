import AccessPolicy
import S3Protocol
import SealedStorage

/// Answers from the catalogue alone: no data key is opened, no key service asked.
struct HeadObject: ImmediateS3Operation {
    static let name = "HeadObject"
    static let route = Route("HEAD", .object, understanding: Route.reading)

    private let read: ObjectReadRequest

    init(_ request: S3Request) throws(S3Error) {
        read = try ObjectReadRequest(request)
    }

    var demands: [Demand] { read.demands }

    func perform(in service: ServiceContext) throws -> S3Response {
        let bucket = try service.buckets.bucket(read.names.bucket)
        let object = try service.objects.find(bucket, key: read.names.object)
        let resolved = try read.resolve(object, service)
        switch resolved.outcome {
        case .notModified:
            return S3Response(status: 304, headers: resolved.headers)
        case .content(let wanted, let isPartial):
            return S3Response(
                status: isPartial ? 206 : 200, headers: resolved.headers,
                body: .described(length: Int64(wanted.count)))
        }
    }
}
