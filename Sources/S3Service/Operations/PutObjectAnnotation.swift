import AccessPolicy
import S3Protocol
import SealedStorage

/// Gives a version of an object an annotation, or another payload to the one of that name.
struct PutObjectAnnotation: AsyncS3Operation {
    static let name = "PutObjectAnnotation"
    static let route = Route(
        "PUT", .object, requiring: ["annotation"], understanding: RequestedAnnotation.understood)

    private let request: S3Request
    private let annotation: RequestedAnnotation

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        annotation = try RequestedAnnotation(request)
    }

    var demands: [Demand] {
        [annotation.object.demand(.putObjectAnnotation, ofVersion: .putObjectVersionAnnotation)]
    }

    /// Its payload is in memory, and sealed there.
    var longestDocument: Int { 2 * Int(AnnotationPayload.maximum) }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let named = annotation.object
        let bucket = try service.buckets.bucket(named.bucket)
        // With its data key, under which the annotation's key is sealed.
        let found = try named.findWithParts(in: service)
        try named.require(demands, of: found)
        let object = found.object
        try annotation.requireMatch(object)
        let record = try await service.objects.putAnnotation(
            AnnotationPayload(request), named: annotation.name, of: object,
            bypassesGovernance: request.bypassesGovernance(named.name, in: named.bucket), modified: request.time)

        var headers = [(name: "etag", value: record.etag.quoted)]
        headers += try service.objects.encryption(of: object, nil).headers
        if let checksum = record.checksum { headers += checksum.headers }
        headers += RequestedAnnotation.versionHeaders(of: object, in: bucket)
        return .xml(AnnotationResult.xml(key: named.name, annotation: annotation.name), headers: headers)
    }
}
