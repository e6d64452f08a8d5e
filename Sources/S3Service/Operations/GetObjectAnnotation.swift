import AccessPolicy
import Notation
import ObjectStorage
import S3Protocol
import SealedStorage

struct GetObjectAnnotation: S3Operation {
    static let name = "GetObjectAnnotation"
    static let route = Route(
        "GET", .object, requiring: ["annotation", "annotationName"], understanding: ["versionId"])

    private let annotation: RequestedAnnotation
    private let wantsChecksum: Bool
    private let access: RequestAccess

    init(_ request: S3Request) throws(S3Error) {
        access = request.access
        annotation = try RequestedAnnotation(request)
        wantsChecksum = request.header("x-amz-checksum-mode")?.uppercased() == "ENABLED"
    }

    var demands: [Demand] {
        [annotation.object.demand(.getObjectAnnotation, ofVersion: .getObjectVersionAnnotation)]
    }

    func begin(in service: ServiceContext) throws -> S3Progress {
        .waiting(documentUpTo: 0) { try await perform(in: service) }
    }

    private func perform(in service: ServiceContext) async throws -> S3Response {
        let named = annotation.object
        let bucket = try service.buckets.bucket(named.bucket)
        let owner = try named.find(in: service)
        try named.require(demands, of: owner)
        let object = owner.object
        let found = try service.objects.requireAnnotation(annotation.name, of: object)
        let encryption = try service.objects.encryption(of: found, nil)
        try access.requireUse(of: encryption.kmsKey, .decryptDataKey)
        let body = try await service.objects.body(of: found, 0..<found.columns.size, nil)

        var headers = [
            (name: "etag", value: found.record.etag.quoted),
            ("last-modified", HTTPDate.format(found.columns.modified)), ("content-type", "application/octet-stream"),
        ]
        headers += encryption.headers
        if wantsChecksum, let checksum = found.record.checksum { headers += checksum.headers }
        headers += RequestedAnnotation.versionHeaders(of: object, in: bucket)
        return S3Response(status: 200, headers: headers, body: .object(body))
    }
}
