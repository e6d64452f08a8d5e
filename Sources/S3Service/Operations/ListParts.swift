import ObjectStorage
import S3Protocol

struct ListParts: AsyncS3Operation {
    static let name = "ListParts"
    static let route = Route("GET", .object, requiring: ["uploadId"])
    static let action = "s3:ListMultipartUploadParts"

    private let bucket: BucketName
    private let object: ObjectName
    private let parameters: ListPartsParameters

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
        object = try request.object
        parameters = try ListPartsParameters(request.target.query)
    }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let upload = try service.upload(parameters.uploadID, bucket: bucket, object: object)
        let limit = parameters.maxParts
        let rows = try service.store.parts(of: upload.row.id, after: parameters.partNumberMarker, limit: limit + 1)
        var parts: [ListPartsResult.Part] = []
        for row in rows.prefix(limit) {
            let record = try service.catalogue.open(row, of: upload.row.id)
            parts.append(
                ListPartsResult.Part(
                    number: row.number, modified: row.modified, etag: record.etag, size: row.size,
                    checksums: record.checksum.map { [($0.algorithm.elementName, $0.base64)] } ?? []))
        }
        let result = ListPartsResult(
            bucket: bucket.name, key: object.rawValue, parameters: parameters, parts: parts,
            isTruncated: rows.count > limit && limit > 0,
            checksumAlgorithm: upload.record.checksum?.algorithm.name,
            checksumType: upload.record.checksum?.type.rawValue,
            storageClass: upload.record.attributes.storageClass ?? StorageClass.standard.rawValue)
        return .xml(result.xml())
    }
}
