import ObjectStorage
import S3Protocol

/// Fixes everything about the object but its bytes: version id, object key, attributes, checksum algorithm.
struct CreateMultipartUpload: AsyncS3Operation {
    static let name = "CreateMultipartUpload"
    static let route = Route("POST", .object, requiring: ["uploads"])
    static let action = "s3:PutObject"

    private let request: S3Request
    private let bucket: BucketName
    private let object: ObjectName
    private let encryption: RequestedEncryption
    private let attributes: ObjectAttributes
    private let checksum: UploadChecksum?

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
        object = try request.object
        encryption = try SSEHeaders.ofWrite(request.headers, isSecure: request.isSecure)
        attributes = try ObjectAttributes(request)
        checksum = try UploadChecksum.parse(headers: request.headers)
    }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let decision = try EncryptionDecision(encryption, bucket: bucket, service: service)
        let version = VersionID()
        // A completed upload is known by its version, which has its number.
        let id = UploadID(version)
        let key = try await service.newObjectKey(for: version, decision, bucket: bucket, object: object)
        let record = UploadRecord(
            version: version, encryption: key.record, attributes: attributes, checksum: checksum)
        var row = UploadRow(
            id: id, bucket: bucket.id, key: object.rawValue, initiated: request.time,
            dataKey: key.dataKeyRow?.id,
            sealed: [])
        row.sealed = try service.catalogue.seal(record, row)
        try await service.store.createUpload(row, dataKey: key.dataKeyRow)

        var headers = key.responseHeaders
        if let checksum {
            headers.append(("x-amz-checksum-algorithm", checksum.algorithm.name))
            headers.append(("x-amz-checksum-type", checksum.type.rawValue))
        }
        let result = InitiateMultipartUploadResult(
            bucket: bucket.name, key: object.rawValue, uploadID: row.id.hex)
        return .xml(result.xml(), headers: headers)
    }
}
