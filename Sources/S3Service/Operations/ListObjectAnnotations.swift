import AccessPolicy
import S3Protocol
import SealedStorage

/// The annotations of one version of an object, by name.
struct ListObjectAnnotations: AsyncS3Operation {
    static let name = "ListObjectAnnotations"
    static let route = Route(
        "GET", .object, requiring: ["annotation"],
        understanding: ["versionId", "max-annotation-results", "annotation-prefix", "continuation-token"])

    private let object: RequestedObject
    private let parameters: ListAnnotationsParameters

    init(_ request: S3Request) throws(S3Error) {
        object = try RequestedObject(request)
        parameters = try ListAnnotationsParameters(request.target.query)
    }

    var demands: [Demand] {
        [object.demand(.listObjectAnnotations, ofVersion: .listObjectVersionAnnotations)]
    }

    /// Besides its name, each byte of which may be five there, an entry has some three hundred; and all are in memory before
    /// a page is chosen.
    var longestDocument: Int {
        (16 << 10) + ListAnnotationsParameters.maximum * (512 + 6 * AnnotationName.maximumByteCount)
    }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(object.bucket)
        let owner = try object.find(in: service)
        try object.require(demands, of: owner)
        let found = owner.object
        let xml = try await service.objects.listAnnotations(of: found) { [object, parameters] annotations, damaged in
            service.note(damaged)
            return ListAnnotationsResult(
                bucket: bucket.name, key: object.name.rawValue, parameters: parameters, all: annotations
            ).xml()
        }
        return .xml(xml, headers: RequestedAnnotation.versionHeaders(of: found, in: bucket))
    }
}
