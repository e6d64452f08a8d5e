import AccessPolicy
import Encryption
import Notation
import ObjectStorage
import S3Protocol
import SealedStorage

/// What HEAD tells and more, chosen by the client, as a document; the parts of a multipart object in pages.
struct GetObjectAttributes: S3Operation {
    static let name = "GetObjectAttributes"
    static let route = Route("GET", .object, requiring: ["attributes"], understanding: ["versionId"])

    private let object: RequestedObject
    private let customerKey: CustomerKey?
    private let wanted: ObjectAttributesRequest

    init(_ request: S3Request) throws(S3Error) {
        object = try RequestedObject(request)
        customerKey = try SSEHeaders.ofRead(request.headers, secrets: request.secrets, isSecure: request.isSecure)
            .map { CustomerKey($0) }
        wanted = try ObjectAttributesRequest(request.headers)
    }

    var demands: [Demand] {
        [
            object.demand(.getObject, ofVersion: .getObjectVersion),
            object.demand(.getObjectAttributes, ofVersion: .getObjectVersionAttributes),
        ]
    }

    func begin(in service: ServiceContext) throws -> S3Progress {
        guard wanted.attributes.contains(.parts) else {
            return .done(try respond(object.find(in: service), service))
        }
        let found = try object.findWithParts(in: service)
        if found.object.isManifestShort { return .done(try respond(found, service)) }
        // A part has some hundred and fifty bytes, checksum included.
        return .waiting(documentUpTo: DocumentLimit.shortAnswer + wanted.maxParts * 256) {
            try await service.drive.offload { try respond(found, service) }
        }
    }

    private func respond(_ found: RequestedObject.Found, _ service: ServiceContext) throws -> S3Response {
        let object = found.object
        try self.object.require(demands, of: found)
        try service.objects.verify(customerKey, opens: object)
        let record = object.record
        var result = ObjectAttributesResult()
        for attribute in wanted.attributes {
            switch attribute {
            case .etag: result.etag = record.etag
            case .checksum: result.checksum = record.checksum?.elements ?? []
            case .parts: result.parts = try parts(of: object, service)
            case .storageClass:
                result.storageClass = record.attributes.storageClass ?? StorageClass.standard.rawValue
            case .size: result.size = object.columns.size
            }
        }
        self.object.tell(.accessedAttributes, found, service)
        let modified = HTTPDate.format(object.columns.modified)
        return .xml(result.xml(), headers: found.versionHeaders + [("last-modified", modified)])
    }

    /// The page of parts that is asked for; nil of an object that was put whole.
    private func parts(of object: StoredObject, _ service: ServiceContext) throws -> ObjectAttributesResult.Parts? {
        guard object.record.partCount > 0 else { return nil }
        let parts = try service.objects.manifest(of: object).parts
        let start = min(wanted.partNumberMarker, parts.count)
        let end = min(start + wanted.maxParts, parts.count)
        let element = object.record.checksum?.algorithm.elementName
        let page = (start..<end).map { index in
            // Counted as a GET of a part counts them.
            ObjectAttributesResult.Part(
                number: index + 1, size: parts[index].size,
                checksum: element.flatMap { name in parts[index].checksum.map { (name, $0) } })
        }
        return ObjectAttributesResult.Parts(count: parts.count, parts: page, request: wanted)
    }
}
