import S3Protocol

/// Told from PutObject by its header.
struct CopyObject: RefusedOperation {
    static let name = "CopyObject"
    static let route = Route("PUT", .object, header: "x-amz-copy-source")
}
