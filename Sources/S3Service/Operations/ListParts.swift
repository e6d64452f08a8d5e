import AccessPolicy
import ObjectStorage
import S3Protocol
import SealedStorage

struct ListParts: AsyncS3Operation {
    static let name = "ListParts"
    static let route = Route(
        "GET", .object, requiring: ["uploadId"],
        understanding: ["max-parts", "part-number-marker", "encoding-type"])

    private let bucket: BucketName
    private let object: ObjectName
    private let parameters: ListPartsParameters

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
        object = try request.object
        parameters = try ListPartsParameters(request.target.query)
    }

    var demands: [Demand] { [Demand(.listMultipartUploadParts, on: object, in: bucket)] }

    /// A part has some three hundred bytes, checksums included.
    var longestDocument: Int { 8192 + parameters.maxParts * 512 }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let upload = try service.uploads.require(parameters.uploadID, in: bucket, key: object)
        let limit = parameters.maxParts
        let (uploaded, damaged) = try await service.uploads.parts(
            of: upload, after: parameters.partNumberMarker, limit: limit + 1)
        service.note(damaged)
        let parts = uploaded.prefix(limit).map { part in
            ListPartsResult.Part(
                number: part.row.number, modified: part.row.modified, etag: part.record.etag, size: part.row.size,
                checksums: part.record.checksum.map { [($0.algorithm.elementName, $0.base64)] } ?? [])
        }
        let result = ListPartsResult(
            bucket: bucket.name, key: object.rawValue, parameters: parameters, parts: parts,
            isTruncated: uploaded.count > limit && limit > 0,
            checksumAlgorithm: upload.record.checksum?.algorithm.name,
            checksumType: upload.record.checksum?.type.rawValue,
            storageClass: upload.record.attributes.storageClass ?? StorageClass.standard.rawValue)
        let headers = bucket.lifecycle.map {
            $0.abortionHeaders(ofUploadTo: object.rawValue, initiated: upload.initiated)
        }
        return .xml(result.xml(), headers: headers ?? [])
    }
}
