import Encryption
import ObjectStorage
import S3Protocol

/// Makes an object of uploaded parts.
///
/// Metadata only: no byte of the parts is read or written.
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
        let upload = try service.upload(request.query("uploadId") ?? "", bucket: bucket, object: object)
        if let customerKey {
            try service.verify(customerKey, opens: upload.record.encryption, version: upload.record.version)
        }
        let document = try await request.document(upTo: DocumentLimit.list, checksumIsOfBody: false)
        let wanted = try CompleteMultipartUploadRequest.parse(document).parts
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

        let headers = service.encryptionHeaders(
            record.encryption, kmsKey: try service.kmsKey(of: record.encryption, dataKey: columns.dataKey),
            customerKey: customerKey
        ).filter { !$0.value.isEmpty }
        let scheme = request.isSecure ? "https" : "http"
        let result = CompleteMultipartUploadResult(
            location: "\(scheme)://\(request.header("host") ?? "")\(request.target.rawPath)", bucket: bucket.name,
            key: object.rawValue, etag: record.etag, checksums: checksum.map(\.elements) ?? [])
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
