import Cryptography
package import HTTPServer
import Logging
import NIOCore
package import S3Protocol
package import S3Service

/// Answers the administration requests of `mc admin`, and Coffer's own beside them: JSON in both directions.
///
/// They are signed like S3's, in a header, for an empty region. Only root may send them.
package final class AdminService: AsyncHTTPHandler {
    private let context: ServiceContext
    private let verifier: SigV4Verifier
    private let requestIDs = RequestIDs()

    package init(context: ServiceContext, verifier: SigV4Verifier) {
        self.context = context
        self.verifier = verifier
    }

    /// Whether a request target is this service's: no bucket can have such a path.
    package static func serves(_ target: String) -> Bool {
        AdminRoute.prefixes.contains { target.begins(with: $0) }
    }

    package func handle(_ request: HTTPRequest, _ response: ResponseWriter) async {
        let id = requestIDs.next()
        do {
            let (operation, admin) = try recognise(request)
            // Whatever a body says, its sender signed for it.
            try await verifyBody(request.body, admin.payload)
            try await operation.perform(admin, in: context, AdminReply(response, common: commonHeaders(id)))
        } catch {
            await refuse(request, id: id, error, response)
        }
    }

    private func recognise(
        _ request: HTTPRequest
    ) throws(S3Error) -> (operation: any AdminOperation.Type, request: AdminRequest) {
        let head = request.head
        let target = try RequestTarget(head.target)
        let operation = try AdminRoute.operation(method: head.method, path: target.rawPath)
        let verified = try verifier.verify(
            SigningRequest(
                method: head.method, target: target, headers: head.headers, isTLS: request.connection.isTLS),
            now: Clock.milliseconds() / 1000, acceptsAnyRegion: true)
        // A presigned URL travels further than an administrator's request should.
        guard verified.accessKey != nil, verified.scheme == .v4Header else { throw S3Error(.accessDenied) }
        return (operation, AdminRequest(target: target, payload: verified.payload))
    }

    /// No operation has a body yet; `mc` sends empty ones in chunks.
    private func verifyBody(_ body: RequestBody, _ payload: PayloadVerification) async throws {
        let bytes = try await body.collect(upTo: AdminRequest.bodyLimit)
        guard payload.fits([UInt8](bytes.readableBytesView)) else { throw S3Error(.xAmzContentSHA256Mismatch) }
    }

    private func refuse(_ request: HTTPRequest, id: String, _ error: any Error, _ response: ResponseWriter) async {
        let refusal = s3Error(for: error)
        context.logger.log(
            level: refusal.status >= 500 && refusal.status != 501 ? .error : .debug, "\(refusal.code.rawValue)",
            metadata: [
                "request": "\(id)", "method": "\(request.head.method)",
                "target": "\(LoggedTarget(request.head.target))", "status": "\(refusal.status)", "cause": "\(error)",
            ])
        guard !response.hasStarted else { return response.abort() }
        let path = String(request.head.target.prefix { $0 != "?" })
        await AdminReply(response, common: commonHeaders(id)).send(
            ErrorDocument(refusal, resource: path, id: id), status: refusal.status, headers: refusal.headers)
    }

    private func commonHeaders(_ id: String) -> [(name: String, value: String)] {
        [("server", "Coffer"), ("x-amz-request-id", id), ("x-amz-id-2", id)]
    }
}

extension PayloadVerification {
    /// Whether a whole body is the one that was signed.
    fileprivate func fits(_ body: [UInt8]) -> Bool {
        switch self {
        case .sha256(let expected): expected == Digest.hash(.sha256, body)
        case .unsigned: true
        case .none, .streamingSigned, .streamingSignedTrailer, .streamingUnsignedTrailer: body.isEmpty
        }
    }
}

private struct ErrorDocument: Encodable {
    let code: String
    let message: String
    let resource: String
    let requestID: String
    let hostID: String

    init(_ error: S3Error, resource: String, id: String) {
        code = error.code.rawValue
        message = error.message
        self.resource = resource
        requestID = id
        hostID = id
    }

    enum CodingKeys: String, CodingKey {
        case code = "Code"
        case message = "Message"
        case resource = "Resource"
        case requestID = "RequestId"
        case hostID = "HostId"
    }
}
