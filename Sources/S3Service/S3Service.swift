package import HTTPServer
import Logging
import NIOCore
package import S3Protocol

/// Answers S3 requests: resolve → authenticate → authorise → perform → answer.
package final class S3Service: HTTPHandler {
    private let context: ServiceContext
    private let verifier: SigV4Verifier
    private let health: HealthCheck
    private let requestIDs = RequestIDs()

    package init(context: ServiceContext, verifier: SigV4Verifier) {
        self.context = context
        self.verifier = verifier
        health = HealthCheck(context: context)
    }

    package func handle(_ request: HTTPRequest, _ response: ResponseWriter) async {
        if request.head.target.begins(with: HealthCheck.prefix), let answer = await health.answer(to: request.head) {
            await response.send(answer, body: nil)
            return
        }
        let id = requestIDs.next()
        do {
            let (operation, s3Request) = try recognise(request, id: id)
            let answer = try await operation.perform(in: context)
            try await send(answer, to: s3Request, response)
        } catch {
            await refuse(request, id: id, error, response)
        }
    }

    /// Everything that the head of the request decides.
    private func recognise(
        _ request: HTTPRequest, id: String
    ) throws(S3Error) -> (operation: any S3Operation, request: S3Request) {
        let head = request.head
        let target = try RequestTarget(head.target)
        let host = head.headers.firstValue(of: "host")
        let resource = try ResourceAddress(target, host: host, domains: context.settings.domains)
        let operation = try OperationTable.operation(
            method: head.method, level: resource.level, query: target.query,
            hasHeader: { head.headers.firstValue(of: $0) != nil })
        let isSecure = request.connection.isTLS || context.settings.trustsUpstreamTLS
        // Before the signature: a key that came in the clear is compromised whoever sent it.
        try SSEHeaders.requireTLS(head.headers, isSecure: isSecure)
        let now = Clock.milliseconds()
        let verified = try verifier.verify(
            SigningRequest(
                method: head.method, target: target, headers: head.headers, isTLS: request.connection.isTLS,
                virtualHostBucket: ResourceAddress.virtualHostBucket(host, domains: context.settings.domains)),
            now: now / 1000, acceptsAnyRegion: operation == GetBucketLocation.self || operation == ListBuckets.self)
        let s3Request = S3Request(
            id: id, head: head.adding(verified.queryHeaders), body: request.body, target: target, resource: resource,
            payload: verified.payload, accessKey: verified.accessKey,
            isSecure: isSecure, time: now)
        try authorise(operation, s3Request)
        return (try operation.init(s3Request), s3Request)
    }

    /// There is one account, root, and it may do everything; anonymous requests may do nothing.
    private func authorise(_ operation: any S3Operation.Type, _ request: S3Request) throws(S3Error) {
        guard request.accessKey != nil else { throw S3Error(.accessDenied) }
    }

    private func send(_ answer: S3Response, to request: S3Request, _ response: ResponseWriter) async throws {
        var head = ResponseHead(
            status: answer.status, headers: commonHeaders(request.id) + answer.headers, contentLength: 0)
        switch answer.body {
        case .empty:
            if answer.status == 204 || answer.status == 304 { head.contentLength = nil }
            await response.send(head, body: nil)
        case .described(let length):
            head.contentLength = length
            await response.send(head, body: nil)
        case .xml(let document):
            head.headers.append(("content-type", "application/xml"))
            head.contentLength = Int64(document.count)
            await response.send(head, body: ByteBuffer(bytes: document))
        case .object(let body):
            head.contentLength = body.length
            try await send(head, body, request, response)
        }
    }

    /// The first block is opened before the status line goes out, so that what can be refused is refused properly.
    ///
    /// After that, a failure ends the connection: never a clean end, never a wrong byte.
    private func send(
        _ head: ResponseHead, _ body: ObjectBody, _ request: S3Request, _ response: ResponseWriter
    ) async throws {
        guard var block = try await body.next() else {
            await response.send(head, body: nil)
            return
        }
        if Int64(block.readableBytes) == body.length {
            await response.send(head, body: block)
            return
        }
        do {
            try await response.start(head)
            while true {
                // The next block is read and opened while this one goes out.
                async let following = body.next()
                try await response.write(block)
                guard let next = try await following else { break }
                block = next
            }
            await response.finish()
        } catch let error as ResponseError {
            context.logger.debug(
                "download ended by the client", metadata: ["request": "\(request.id)", "error": "\(error)"])
            response.abort()
        } catch {
            log(error, s3Error(for: error), id: request.id, request.head)
            response.abort()
        }
    }

    private func refuse(_ request: HTTPRequest, id: String, _ error: any Error, _ response: ResponseWriter) async {
        let refusal = s3Error(for: error)
        log(error, refusal, id: id, request.head)
        guard !response.hasStarted else {
            response.abort()
            return
        }
        let answer = ErrorAnswer(refusal, request: request.head, id: id, region: context.settings.region)
        await response.send(answer.head(commonHeaders(id)), body: answer.body)
    }

    /// One line an error, with the request's id.
    ///
    /// Causes of 5xx are errors; refusals are for those who debug clients.
    private func log(_ error: any Error, _ refusal: S3Error, id: String, _ head: RequestHead) {
        let isOurs =
            refusal.status >= 500 && refusal.code != .notImplemented || refusal.code == .kmsInvalidCiphertextException
        context.logger.log(
            level: isOurs ? .error : .debug, "\(refusal.code.rawValue)",
            metadata: [
                "request": "\(id)", "method": "\(head.method)", "target": "\(LoggedTarget(head.target))",
                "status": "\(refusal.status)", "cause": "\(error)",
            ])
    }

    private func commonHeaders(_ id: String) -> [(name: String, value: String)] {
        [("server", "Coffer"), ("x-amz-request-id", id), ("x-amz-id-2", id)]
    }
}

extension ResourceAddress {
    var level: ResourceLevel {
        switch self {
        case .service: .service
        case .bucket: .bucket
        case .object: .object
        }
    }
}

extension RequestHead {
    /// Version 2 presigned URLs carry headers in the query; from here on they are headers.
    func adding(_ more: [(name: String, value: String)]) -> RequestHead {
        guard !more.isEmpty else { return self }
        return RequestHead(method: method, target: target, versionMinor: versionMinor, headers: headers + more)
    }
}
