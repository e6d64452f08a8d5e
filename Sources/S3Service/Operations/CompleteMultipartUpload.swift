import Encryption
import ObjectStorage
import S3Protocol

/// Makes an object of uploaded parts.
///
/// Metadata only: no byte of the parts is read or written. A repeated request, as clients send it when the first answer
/// was lost, is answered as the first one was, as long as the object is the key's current one.
struct CompleteMultipartUpload: AsyncS3Operation {
    static let name = "CompleteMultipartUpload"
    static let route = Route("POST", .object, requiring: ["uploadId"])
    static let action = "s3:PutObject"

    private let request: S3Request
    private let bucket: BucketName
    private let object: ObjectName
    private let preconditions: WritePreconditions
    private let customerKey: CustomerKey?
    private let checksum: DeclaredChecksum?

    private var uploadID: String { request.query("uploadId") ?? "" }

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
        object = try request.object
        preconditions = WritePreconditions(request.headers)
        // SSE-S3 and SSE-KMS headers are ignored here: mc sends them.
        customerKey = try SSEHeaders.ofComplete(request.headers, isSecure: request.isSecure)
            .map { CustomerKey($0) }
        checksum = DeclaredChecksum(request.headers)
    }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        guard let upload = try service.findUpload(uploadID, bucket: bucket, object: object) else {
            return try await answerAgain(bucket, service)
        }
        if let customerKey {
            try service.verify(customerKey, opens: upload.record.encryption, version: upload.record.version)
        }
        let document = try await request.document(upTo: DocumentLimit.list, checksumIsOfBody: false)
        let wanted = try CompleteMultipartUploadRequest.parse(document).parts
        do {
            return try await complete(upload, of: wanted, bucket, service)
        } catch {
            // A request for the same may have been faster.
            guard try service.findUpload(uploadID, bucket: bucket, object: object) == nil else { throw error }
            return try answerAgain(wanted, bucket, service)
        }
    }

    private func complete(
        _ upload: Upload, of wanted: [CompleteMultipartUploadRequest.Part], _ bucket: Bucket,
        _ service: ServiceContext
    ) async throws -> S3Response {
        let parts = try select(wanted, of: upload, service)
        let checksum = try CompletedChecksum.of(upload.record, parts, declared: checksum)
        if !preconditions.isEmpty {
            try service.check(preconditions, try service.store.version(bucket.id, key: object.rawValue))
        }

        let record = ObjectRecord(
            etag: ETag.multipart(parts: parts.map(\.record.etag)), encryption: upload.record.encryption,
            attributes: upload.record.attributes, checksum: checksum, partCount: parts.count)
        let size = parts.reduce(0) { $0 + $1.row.size }
        guard size <= ObjectLimit.object else { throw S3Error(.entityTooLarge) }
        let manifest = PartManifest(
            parts: parts.map {
                .init(
                    number: UInt32($0.row.number), blob: $0.row.blob, size: $0.row.size,
                    checksum: $0.record.checksum?.base64)
            })
        let columns = VersionColumns(
            bucket: bucket.id, key: object.rawValue, version: upload.record.version,
            order: service.store.nextOrder(), size: size, modified: request.time, flags: .nullVersion,
            dataKey: upload.row.dataKey, body: .parts, blob: nil)
        try await service.store.completeUpload(
            upload.row.id, parts: parts.map { (number: $0.row.number, blob: $0.row.blob) },
            version: NewVersion(
                columns: columns, sealed: try service.catalogue.seal(record, columns), body: .none, dataKey: nil),
            manifest: try service.catalogue.seal(manifest, of: columns.version),
            check: service.checkAtCommit(preconditions))
        return try answer(record, columns, bucket, service)
    }

    private func answerAgain(_ bucket: Bucket, _ service: ServiceContext) async throws -> S3Response {
        guard let document = try? await request.document(upTo: DocumentLimit.list, checksumIsOfBody: false),
            let wanted = try? CompleteMultipartUploadRequest.parse(document).parts
        else { throw S3Error.noSuchUpload(uploadID) }
        return try answerAgain(wanted, bucket, service)
    }

    /// The answer of the request that completed the upload before, if it was of these parts.
    private func answerAgain(
        _ wanted: [CompleteMultipartUploadRequest.Part], _ bucket: Bucket, _ service: ServiceContext
    ) throws -> S3Response {
        guard let version = VersionID(hex: uploadID),
            let stored = try service.store.version(bucket.id, key: object.rawValue),
            stored.columns.version == version, stored.columns.body == .parts
        else { throw S3Error.noSuchUpload(uploadID) }
        let record = try service.catalogue.open(stored)
        guard record.etag == ETag.multipart(parts: wanted.map(\.etag)) else { throw S3Error.noSuchUpload(uploadID) }
        if let customerKey { try service.verify(customerKey, opens: record.encryption, version: version) }
        return try answer(record, stored.columns, bucket, service)
    }

    private func answer(
        _ record: ObjectRecord, _ columns: VersionColumns, _ bucket: Bucket, _ service: ServiceContext
    ) throws -> S3Response {
        let headers = service.encryptionHeaders(
            record.encryption, kmsKey: try service.kmsKey(of: record.encryption, dataKey: columns.dataKey),
            customerKey: customerKey
        ).filter { !$0.value.isEmpty }
        let scheme = request.isSecure ? "https" : "http"
        let result = CompleteMultipartUploadResult(
            location: "\(scheme)://\(request.header("host") ?? "")\(request.target.rawPath)", bucket: bucket.name,
            key: object.rawValue, etag: record.etag, checksums: record.checksum.map(\.elements) ?? [])
        return .xml(result.xml(), headers: headers)
    }

    /// The parts that the client lists, each as uploaded, in ascending order.
    private func select(
        _ wanted: [CompleteMultipartUploadRequest.Part], of upload: Upload, _ service: ServiceContext
    ) throws -> [UploadedPart] {
        for (one, next) in zip(wanted, wanted.dropFirst()) where one.number >= next.number {
            throw S3Error(.invalidPartOrder)
        }
        var uploaded: [Int: PartRow] = [:]
        for row in try service.store.parts(of: upload.row.id) { uploaded[row.number] = row }
        var selected: [UploadedPart] = []
        selected.reserveCapacity(wanted.count)
        for (index, part) in wanted.enumerated() {
            guard let row = uploaded[part.number] else { throw S3Error(.invalidPart) }
            let record = try service.catalogue.open(row, of: upload.row.id)
            guard part.etag == record.etag else { throw S3Error(.invalidPart) }
            for (name, value) in part.checksums {
                guard let kept = record.checksum, kept.algorithm.elementName == name, kept.base64 == value else {
                    throw S3Error(.invalidPart)
                }
            }
            if index < wanted.count - 1, row.size < ObjectLimit.smallestPart {
                throw S3Error(.entityTooSmall, details: [("PartNumber", "\(part.number)")])
            }
            selected.append(UploadedPart(row: row, record: record))
        }
        return selected
    }
}

/// A part with its opened record.
struct UploadedPart: Sendable {
    let row: PartRow
    let record: PartRecord
}
