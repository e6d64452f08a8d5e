import AccessPolicy
import ObjectStorage
import S3Protocol
import SealedStorage

struct ListMultipartUploads: AsyncS3Operation {
    static let name = "ListMultipartUploads"
    static let route = Route(
        "GET", .bucket, requiring: ["uploads"],
        understanding: ["prefix", "delimiter", "key-marker", "upload-id-marker", "max-uploads", "encoding-type"])

    private let bucket: BucketName
    private let parameters: ListUploadsParameters
    private let start: UploadMarker?

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
        parameters = try ListUploadsParameters(request.target.query)
        start = try Self.start(parameters)
    }

    var demands: [Demand] { [Demand(.listBucketMultipartUploads, on: bucket)] }

    /// Besides its key, an upload has some six hundred bytes, most of them its owner's.
    var longestDocument: Int { ObjectListing.longestDocument(entries: parameters.maxUploads, parameters.encoding) }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        var request = UploadListRequest(
            bucket: bucket.id, prefix: parameters.prefix, delimiter: parameters.delimiter, after: start,
            limit: parameters.maxUploads)
        if case .commonPrefix(let prefix) = parameters.start { request.skipPrefix = prefix }
        return .xml(
            try await service.uploads.list(request) { page in
                service.note(page.damaged)
                return ListMultipartUploadsResult(
                    bucket: bucket.name, parameters: parameters, uploads: page.uploads.map { .init($0) },
                    commonPrefixes: page.commonPrefixes, next: page.next.map { .init($0) }
                ).xml()
            })
    }

    private static func start(_ parameters: ListUploadsParameters) throws(S3Error) -> UploadMarker? {
        switch parameters.start {
        case nil: return nil
        case .commonPrefix(let prefix): return UploadMarker(key: prefix)
        case .key(let key):
            guard !parameters.uploadIDMarker.isEmpty else { return UploadMarker(key: key) }
            guard let upload = UploadID(hex: parameters.uploadIDMarker) else {
                throw S3Error(
                    .invalidArgument, "Invalid uploadId marker",
                    details: [
                        ("ArgumentName", "upload-id-marker"), ("ArgumentValue", parameters.uploadIDMarker),
                    ])
            }
            return UploadMarker(key: key, upload: upload)
        }
    }
}

extension ListMultipartUploadsResult.Upload {
    fileprivate init(_ entry: UploadPage.Entry) {
        self.init(
            key: entry.row.key, id: entry.row.id.hex, initiated: entry.row.initiated,
            storageClass: entry.record?.attributes.storageClass ?? StorageClass.standard.rawValue,
            checksum: entry.record?.checksum)
    }
}

extension ListMultipartUploadsResult.Next {
    fileprivate init(_ entry: UploadListEntry) {
        switch entry {
        case .upload(let row): self.init(key: row.key, uploadID: row.id.hex)
        case .commonPrefix(let prefix): self.init(key: prefix, uploadID: "")
        }
    }
}
