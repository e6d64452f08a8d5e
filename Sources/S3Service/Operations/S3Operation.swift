package import S3Protocol

/// One S3 operation: recognised by its route, decoded from the request, performed, encoded in the response.
package protocol S3Operation: Sendable {
    /// The operation's name in AWS's model, which is also what the log calls it.
    static var name: String { get }
    static var route: Route { get }
    /// The policy action that authorisation asks for.
    static var action: String { get }

    /// Decodes the request's head. The body is read by ``perform(in:)``, so that `100 Continue` is sent only after
    /// everything that the head alone can refuse has been refused.
    init(_ request: S3Request) throws(S3Error)

    func perform(in service: ServiceContext) async throws -> S3Response
}

extension S3Operation {
    package static var action: String { "s3:\(name)" }
}

/// An operation that is recognised and refused, because its request could be taken for another's.
///
/// For a plain upload, say, which would overwrite the object with an empty body.
protocol RefusedOperation: S3Operation {}

extension RefusedOperation {
    init(_ request: S3Request) throws(S3Error) { throw S3Error(.notImplemented) }

    func perform(in service: ServiceContext) async throws -> S3Response { throw S3Error(.notImplemented) }
}
