package import HTTPServer
import NIOCore
package import Requests
import S3Protocol

/// Answers the administration requests of `mc admin`, and Coffer's own beside them.
///
/// They are signed like S3's, in a header, for any region: `mc` names none.
package final class AdminService: HTTPHandler {
    private let context: AdminContext
    private let pipeline: RequestPipeline

    package init(context: AdminContext, pipeline: RequestPipeline) {
        self.context = context
        self.pipeline = pipeline
    }

    /// Whether a path-style request target is this service's: no bucket can have such a path.
    package static func serves(_ target: String) -> Bool {
        AdminRoute.prefixes.contains { target.begins(with: $0) }
    }

    package func answer(_ request: HTTPRequest) -> HTTPAnswer { answer(request, pipeline.begin(request, .admin)) }

    /// The answer to a request that this process makes: bodies that are encrypted for clients are plain, both ways.
    package func answer(_ request: HTTPRequest, as caller: InProcessCaller) -> HTTPAnswer {
        answer(request, pipeline.begin(request, .admin, caller))
    }

    private func answer(_ request: HTTPRequest, _ record: RequestRecord) -> HTTPAnswer {
        return pipeline.answer(record) { response in
            let reply = AdminReply(response, record, self.context)
            do {
                try await self.perform(request, record, reply)
            } catch  where Self.isOfTheClient(error) {
                record.status = Self.clientClosedRequest
                reply.abort()
            } catch {
                let refusal = adminError(for: error)
                self.pipeline.note(error, refusal, record)
                // What has begun does not become an error document any more.
                if response.hasStarted { reply.abort() } else { await reply.refuse(refusal) }
            }
        }
    }

    /// The status that the log has of a request whose client was gone before its end; never sent.
    private static let clientClosedRequest = 499

    /// Whether a request ended because nobody waits for its answer any more.
    private static func isOfTheClient(_ error: any Error) -> Bool {
        switch error {
        case ResponseError.disconnected, is CancellationError: true
        default: false
        }
    }

    /// Route, signature, rights, parameters, body: who has no right learns nothing of what else is wrong.
    private func perform(_ request: HTTPRequest, _ record: RequestRecord, _ reply: AdminReply) async throws {
        let head = request.head
        let target = try RequestTarget(head.target)
        let match = try AdminRoute.match(method: head.method, path: target.rawPath)
        let operation = match.operation
        record.operation = operation.name
        let (verified, principal) = try pipeline.authenticate(
            SigningRequest(
                method: head.method, target: target, headers: head.headers, secrets: head.secrets,
                isTLS: request.connection.isTLS),
            acceptsAnyRegion: true, record)
        // A presigned URL travels further than an administrator's request should.
        guard verified.scheme == .v4Header else { throw S3Error(.accessDenied) }
        var admin = AdminRequest(
            target, match.values, principal: principal, secret: verified.secret, body: operation.body, record, pipeline)
        try admin.require(operation.demands(admin))
        try Self.checkParameters(of: admin, operation)
        try await admin.readBody(request.body, verified.payload)
        try await operation.perform(admin, in: context, reply)
    }

    private static func checkParameters(
        of request: AdminRequest, _ operation: any AdminOperation.Type
    ) throws(S3Error) {
        for name in operation.required { _ = try request.required(name) }
        guard request.head.method != "GET" else { return }
        for (name, _) in request.target.query
        where !operation.required.contains(name) && !operation.optional.contains(name) {
            throw S3Error(
                .notImplemented, "The query parameter '\(name)' asks for something that is not implemented",
                details: [("Parameter", name)])
        }
    }
}

/// What goes wrong in administration alone, and all else as S3's requests have it.
private func adminError(for error: any Error) -> S3Error {
    switch error {
    case let error as SettingsMalformed:
        switch error.kind {
        case .name: S3Error(.xMinioConfigError, error.reason)
        case .value: S3Error(.xMinioAdminConfigBadJSON, error.reason)
        }
    default: s3Error(for: error)
    }
}

/// An operation as its route declares it, for who makes something of all of them.
package struct AdminEndpoint: Sendable {
    package let name: String
    package let method: String
    /// With components in braces where the route has such.
    package let path: String
    package let required: [String]
    /// Bytes of a body that are taken.
    package let bodyLimit: Int
    package let hasEncryptedBody: Bool
    package let hasJSONBody: Bool

    /// Every operation, once for each of its addresses.
    package static let all: [AdminEndpoint] = AdminOperations.all.flatMap { operation in
        operation.routes.map { AdminEndpoint(operation, route: $0) }
    }

    private init(_ operation: any AdminOperation.Type, route: String) {
        name = operation.name
        method = String(route.prefix { $0 != " " })
        path = String(route.drop { $0 != " " }.dropFirst())
        required = operation.required
        bodyLimit = operation.body.limit
        switch operation.body {
        case .none, .plain, .archive: (hasEncryptedBody, hasJSONBody) = (false, false)
        case .json: (hasEncryptedBody, hasJSONBody) = (false, true)
        case .encrypted: (hasEncryptedBody, hasJSONBody) = (true, false)
        }
    }
}
