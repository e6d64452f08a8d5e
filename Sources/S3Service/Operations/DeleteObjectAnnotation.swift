import AccessPolicy
import S3Protocol
import SealedStorage

/// Removes an annotation for good; one that is not there counts as removed.
struct DeleteObjectAnnotation: AsyncS3Operation {
    static let name = "DeleteObjectAnnotation"
    static let route = Route(
        "DELETE", .object, requiring: ["annotation"], understanding: RequestedAnnotation.understood)

    private let request: S3Request
    private let annotation: RequestedAnnotation

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        annotation = try RequestedAnnotation(request)
    }

    var demands: [Demand] {
        [annotation.object.demand(.deleteObjectAnnotation, ofVersion: .deleteObjectVersionAnnotation)]
    }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let named = annotation.object
        let bucket = try service.buckets.bucket(named.bucket)
        _ = try named.find(in: service)
        let object = try await service.objects.deleteAnnotation(
            annotation.name, of: named.name, in: bucket, version: named.version.selector,
            bypassesGovernance: request.bypassesGovernance(named.name, in: named.bucket), at: request.time
        ) { object in
            try request.access.require(demands, of: object, in: bucket)
            try annotation.requireMatch(object)
        }
        return S3Response(status: 204, headers: RequestedAnnotation.versionHeaders(of: object, in: bucket))
    }
}
