import S3Protocol

/// Told from UploadPart by its header.
struct UploadPartCopy: RefusedOperation {
    static let name = "UploadPartCopy"
    static let route = Route("PUT", .object, requiring: ["partNumber", "uploadId"], header: "x-amz-copy-source")
}
