import AccessPolicy
import S3Protocol
import SealedStorage

/// Answers from the catalogue alone: no data key is opened, no key service asked.
struct HeadObject: S3Operation {
    static let name = "HeadObject"
    static let route = Route("HEAD", .object, understanding: Route.reading)

    private let read: ObjectReadRequest

    init(_ request: S3Request) throws(S3Error) {
        read = try ObjectReadRequest(request)
    }

    var demands: [Demand] { read.demands }

    func begin(in service: ServiceContext) throws -> S3Progress {
        let bucket = try service.buckets.bucket(read.bucketName)
        // A part's place is in the manifest, which must be of the same moment as the row.
        let object = try read.find(in: bucket, withBody: read.isOfPart, service)
        if read.isLong(object) {
            return .waiting(documentUpTo: 0) {
                try await respond(
                    service.drive.offload { try read.resolve(object, in: bucket, service) }, bucket, service)
            }
        }
        return .done(respond(try read.resolve(object, in: bucket, service), bucket, service))
    }

    private func respond(
        _ resolved: ObjectReadRequest.Resolved, _ bucket: Bucket, _ service: ServiceContext
    ) -> S3Response {
        switch resolved.outcome {
        case .notModified: return S3Response(status: 304, headers: resolved.headers)
        case .content(let wanted, let isPartial):
            read.tell(.accessedHead, of: resolved.object, in: bucket, service)
            return S3Response(
                status: isPartial ? 206 : 200, headers: resolved.headers,
                body: .described(length: Int64(wanted.count)))
        }
    }
}
