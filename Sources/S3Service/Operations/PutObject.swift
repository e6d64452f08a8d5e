import Encryption
import ObjectStorage
import S3Protocol

struct PutObject: AsyncS3Operation {
    static let name = "PutObject"
    static let route = Route("PUT", .object)

    private let request: S3Request
    private let bucket: BucketName
    private let object: ObjectName
    private let encryption: RequestedEncryption
    private let preconditions: WritePreconditions
    private let attributes: ObjectAttributes

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
        object = try request.object
        encryption = try SSEHeaders.ofWrite(request.headers, isSecure: request.isSecure)
        preconditions = WritePreconditions(request.headers)
        attributes = try ObjectAttributes(request)
        // An archive that MinIO would unpack. Stored as it is, its files would be missing where the client looks.
        if request.header("x-amz-meta-snowball-auto-extract")?.lowercased() == "true" {
            throw S3Error(.notImplemented)
        }
    }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let decision = try EncryptionDecision(encryption, bucket: bucket, service: service)
        let payload = try PayloadReader(request, limit: ObjectLimit.singlePut, computesMD5: decision.etagIsMD5)

        // What can be refused without the body is refused before `100 Continue`. The commit checks again.
        if !preconditions.isEmpty {
            try service.check(preconditions, try service.store.version(bucket.id, key: object.rawValue))
        }

        let version = VersionID()
        let key = try await service.newObjectKey(for: version, decision, bucket: bucket, object: object)
        let sealer = PackageSealer(
            objectKey: key.objectKey, identity: StreamIdentity(versionID: version.bytes, partNumber: 0),
            plaintextLength: payload.length)
        let body = try await ObjectBodyWriter(store: service.store)
            .write(payload, sealer: sealer, length: payload.length)

        let record = ObjectRecord(
            etag: payload.md5.map { ETag(md5: $0) } ?? ETag.opaque(), encryption: key.record,
            attributes: attributes,
            checksum: payload.checksum.map {
                StoredChecksum(algorithm: $0.algorithm, type: .fullObject, value: $0.base64)
            })
        let columns = VersionColumns(
            bucket: bucket.id, key: object.rawValue, version: version, order: service.store.nextOrder(),
            size: payload.length, modified: request.time, flags: .nullVersion, dataKey: key.dataKeyRow?.id,
            body: body.kind,
            blob: body.blob)
        try await service.store.put(
            NewVersion(
                columns: columns, sealed: try service.catalogue.seal(record, columns), body: body,
                dataKey: key.dataKeyRow),
            check: service.checkAtCommit(preconditions))

        var headers = [(name: "etag", value: record.etag.quoted)] + key.responseHeaders
        if let checksum = payload.checksum {
            headers.append((checksum.algorithm.header, checksum.base64))
            headers.append(("x-amz-checksum-type", S3ChecksumType.fullObject.rawValue))
        }
        return S3Response(headers: headers)
    }
}
