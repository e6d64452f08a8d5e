import AccessPolicy
import S3Protocol
import SealedStorage

struct GetObject: S3Operation {
    static let name = "GetObject"
    static let route = Route("GET", .object, understanding: Route.reading)

    private let read: ObjectReadRequest

    init(_ request: S3Request) throws(S3Error) {
        read = try ObjectReadRequest(request)
    }

    var demands: [Demand] { read.demands }

    func begin(in service: ServiceContext) throws -> S3Progress {
        let bucket = try service.buckets.bucket(read.names.bucket)
        let resolved = try read.resolve(try service.objects.findWithBody(bucket, key: read.names.object), service)
        switch resolved.outcome {
        case .notModified:
            return .done(S3Response(status: 304, headers: resolved.headers))
        case .content(let wanted, let isPartial):
            let respond = { @Sendable (body: ObjectBody) in
                S3Response(status: isPartial ? 206 : 200, headers: resolved.headers, body: .object(body))
            }
            let customerKey = read.key
            if let body = try service.objects.bodyAtHand(of: resolved.object, wanted, customerKey) {
                return .done(respond(body))
            }
            return .waiting { respond(try await service.objects.body(of: resolved.object, wanted, customerKey)) }
        }
    }
}
