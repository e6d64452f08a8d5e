import S3Protocol

/// Recognised by its header, and refused: taken for a plain PUT, it would overwrite the object with an empty body.
struct CopyObject: S3Operation {
    static let name = "CopyObject"
    static let route = Route("PUT", .object, header: "x-amz-copy-source")

    init(_ request: S3Request) throws(S3Error) { throw S3Error(.notImplemented) }

    func perform(in service: ServiceContext) async throws -> S3Response { throw S3Error(.notImplemented) }
}
