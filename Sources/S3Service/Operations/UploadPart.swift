import Encryption
import ObjectStorage
import S3Protocol

struct UploadPart: AsyncS3Operation {
    static let name = "UploadPart"
    static let route = Route("PUT", .object, requiring: ["partNumber", "uploadId"])
    static let action = "s3:PutObject"

    private let request: S3Request
    private let bucket: BucketName
    private let object: ObjectName
    private let uploadID: String
    private let number: Int
    private let customerKey: CustomerKey?

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
        object = try request.object
        uploadID = request.query("uploadId") ?? ""
        number = try PartNumber.parse(request.query("partNumber") ?? "")
        customerKey = try SSEHeaders.ofUploadPart(request.headers, isSecure: request.isSecure)
            .map { CustomerKey($0) }
    }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let upload = try service.upload(uploadID, bucket: bucket, object: object)
        let objectKey = try await objectKey(of: upload, service)
        let encryption = upload.record.encryption
        let payload = try PayloadReader(
            request, limit: ObjectLimit.singlePut, computesMD5: encryption.scheme == .sseS3)

        // The blob's id stands in the part's stream key: another attempt at the same part is another stream.
        let blob = try service.store.makeBlob(
            expectedLength: PackageFormat.sealedLength(ofPlaintext: payload.length))
        let sealer = PackageSealer(
            objectKey: objectKey, identity: StreamIdentity(versionID: blob.id.bytes, partNumber: UInt32(number)),
            plaintextLength: payload.length)
        let body = try await ObjectBodyWriter(store: service.store)
            .write(payload, sealer: sealer, length: payload.length, inline: false, blob: blob)

        let record = PartRecord(
            etag: payload.md5.map { ETag(md5: $0) } ?? ETag.opaque(),
            checksum: payload.checksum)
        var row = PartRow(
            number: number, blob: blob.id, length: body.storedLength, size: payload.length, modified: request.time,
            sealed: [])
        row.sealed = try service.catalogue.seal(record, row, of: upload.row.id)
        try await service.store.putPart(row, of: upload.row.id)

        var headers = [(name: "etag", value: record.etag.quoted)]
        headers += service.encryptionHeaders(
            encryption, kmsKey: try service.kmsKey(of: encryption, dataKey: upload.row.dataKey),
            customerKey: customerKey)
        if let checksum = record.checksum { headers.append((checksum.algorithm.header, checksum.base64)) }
        return S3Response(headers: headers)
    }

    private func objectKey(of upload: Upload, _ service: ServiceContext) async throws -> ObjectKey {
        let encryption = upload.record.encryption
        switch (encryption.scheme, customerKey) {
        case (.sseC, nil):
            throw S3Error(
                .invalidRequest,
                "The multipart upload initiate requested encryption. "
                    + "Subsequent part requests must include the appropriate encryption parameters.")
        case (.sseS3, .some), (.sseKMS, .some):
            throw S3Error(
                .invalidRequest,
                "The multipart upload was not initiated with a customer provided key. "
                    + "Part requests must not include one.")
        case (.sseC, .some), (.sseS3, nil), (.sseKMS, nil):
            return try await service.objectKey(
                StoredObjectKey(
                    record: encryption, version: upload.record.version, bucket: upload.row.bucket,
                    dataKey: upload.row.dataKey, customerKey: customerKey, name: upload.row.key))
        }
    }
}
