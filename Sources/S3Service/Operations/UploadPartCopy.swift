import AccessPolicy
import Encryption
import ObjectStorage
import S3Protocol
import SealedStorage

/// Told from UploadPart by its header.
struct UploadPartCopy: AsyncS3Operation {
    static let name = "UploadPartCopy"
    static let route = Route(
        "PUT", .object, requiring: ["partNumber", "uploadId"], header: CopySourceAddress.header)

    private let request: S3Request
    private let bucket: BucketName
    private let object: ObjectName
    private let uploadID: String
    private let number: Int
    private let source: CopySource
    /// The upload's, if it was begun with one.
    private let customerKey: CustomerKey?

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
        object = try request.object
        uploadID = request.query("uploadId") ?? ""
        number = try PartNumber.parse(request.query("partNumber") ?? "")
        source = try CopySource(request)
        customerKey = try SSEHeaders.ofUploadPart(request.headers, secrets: request.secrets, isSecure: request.isSecure)
            .map { CustomerKey($0) }
    }

    var demands: [Demand] { source.demands + [Demand(.putObject, on: object, in: bucket)] }

    /// The answer is short; the copy is not.
    var longestDocument: Int { Objects.copyMemory }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let upload = try service.uploads.require(uploadID, in: bucket, key: object)
        try upload.requireMatching(customerKey)
        let found = try source.find(in: service)
        let wanted =
            try request.header("x-amz-copy-source-range").map { range throws(S3Error) in
                try ByteRange.copySource(range, size: found.columns.size)
            } ?? 0..<found.columns.size
        try CopySource.requireCopyable(Int64(wanted.count))
        try service.objects.requireRoom(for: Int64(wanted.count), in: bucket, replacing: nil)
        let part = try await service.uploads.copyPart(
            found, wanted, source.customerKey, number: number, of: upload, customerKey, modified: request.time,
            in: service.objects)

        let checksum = part.record.checksum.map { (name: $0.algorithm.elementName, value: $0.base64) }
        let result = CopyResult(
            etag: part.record.etag, modified: part.row.modified, checksums: checksum.map { [$0] } ?? [])
        let encryption = try service.uploads.encryption(of: upload, customerKey)
        return .xml(result.partXML(), headers: encryption.headers + source.headers(of: found))
    }
}
