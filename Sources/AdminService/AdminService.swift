import Cryptography
package import HTTPServer
import NIOCore
package import Requests
import S3Protocol
package import SealedStorage

/// Answers the administration requests of `mc admin`, and Coffer's own beside them: JSON in both directions.
///
/// They are signed like S3's, in a header, for an empty region.
package final class AdminService: HTTPHandler {
    private let drive: SealedDrive
    private let pipeline: RequestPipeline

    package init(drive: SealedDrive, pipeline: RequestPipeline) {
        self.drive = drive
        self.pipeline = pipeline
    }

    /// Whether a path-style request target is this service's: no bucket can have such a path.
    package static func serves(_ target: String) -> Bool {
        AdminRoute.prefixes.contains { target.begins(with: $0) }
    }

    package func answer(_ request: HTTPRequest) -> HTTPAnswer {
        let record = pipeline.begin(request, .admin)
        return pipeline.answer(record) { response in
            do {
                try await self.perform(request, record, response)
            } catch {
                await self.refuse(error, record, response)
            }
        }
    }

    private func perform(_ request: HTTPRequest, _ record: RequestRecord, _ response: ResponseWriter) async throws {
        let head = request.head
        let target = try RequestTarget(head.target)
        let operation = try AdminRoute.operation(method: head.method, path: target.rawPath)
        record.operation = String(describing: operation)
        let (verified, principal) = try pipeline.authenticate(
            SigningRequest(
                method: head.method, target: target, headers: head.headers, secrets: head.secrets,
                isTLS: request.connection.isTLS),
            acceptsAnyRegion: true, record)
        // A presigned URL travels further than an administrator's request should.
        guard verified.scheme == .v4Header else { throw S3Error(.accessDenied) }
        let admin = AdminRequest(target: target, payload: verified.payload)
        try pipeline.authorise(principal, operation.demands(admin), record)
        // Whatever a body says, its sender signed for it.
        try await verifyBody(request.body, admin.payload, record)
        try await operation.perform(admin, on: drive, AdminReply(response, record))
    }

    /// No operation has a body yet; `mc` sends empty ones in chunks.
    private func verifyBody(
        _ body: RequestBody, _ payload: PayloadVerification, _ record: RequestRecord
    ) async throws {
        let bytes = try await body.collect(upTo: AdminRequest.bodyLimit)
        record.bytesReceived = Int64(bytes.readableBytes)
        guard payload.fits([UInt8](bytes.readableBytesView)) else { throw S3Error(.xAmzContentSHA256Mismatch) }
    }

    private func refuse(_ error: any Error, _ record: RequestRecord, _ response: ResponseWriter) async {
        let refusal = s3Error(for: error)
        pipeline.note(error, refusal, record)
        guard !response.hasStarted else {
            record.isAborted = true
            return response.abort()
        }
        let path = String(record.head.target.prefix { $0 != "?" })
        await AdminReply(response, record).send(
            ErrorDocument(refusal, resource: path, id: record.id), status: refusal.status, headers: refusal.headers)
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
