import S3Protocol

/// Told from PutObject by its header.
struct AppendObject: RefusedOperation {
    static let name = "AppendObject"
    static let route = Route("PUT", .object, header: "x-amz-write-offset-bytes")
}
