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
        let bucket = try service.buckets.bucket(read.bucketName)
        let object = try read.find(in: bucket, withBody: true, service)
        if read.isLong(object) {
            return .waiting(documentUpTo: 0) {
                try await respond(
                    service.drive.offload { try read.resolve(object, in: bucket, service) }, bucket, service)
            }
        }
        let resolved = try read.resolve(object, in: bucket, service)
        if let response = try respondAtHand(resolved, bucket, service) { return .done(response) }
        return .waiting(documentUpTo: 0) { try await respond(resolved, bucket, service) }
    }

    /// The answer, where everything for it is at hand.
    private func respondAtHand(
        _ resolved: ObjectReadRequest.Resolved, _ bucket: Bucket, _ service: ServiceContext
    ) throws -> S3Response? {
        switch resolved.outcome {
        case .notModified: S3Response(status: 304, headers: resolved.headers)
        case .content(let wanted, _):
            try service.objects.bodyAtHand(of: resolved.object, wanted, read.key).map {
                answer(resolved, $0, bucket, service)
            }
        }
    }

    private func respond(
        _ resolved: ObjectReadRequest.Resolved, _ bucket: Bucket, _ service: ServiceContext
    ) async throws -> S3Response {
        switch resolved.outcome {
        case .notModified: S3Response(status: 304, headers: resolved.headers)
        case .content(let wanted, _):
            answer(
                resolved, try await service.objects.body(of: resolved.object, wanted, read.key), bucket, service)
        }
    }

    private func answer(
        _ resolved: ObjectReadRequest.Resolved, _ body: ObjectBody, _ bucket: Bucket, _ service: ServiceContext
    ) -> S3Response {
        read.tell(.accessedGet, of: resolved.object, in: bucket, service)
        return S3Response(status: resolved.isPartial ? 206 : 200, headers: resolved.headers, body: .object(body))
    }
}
