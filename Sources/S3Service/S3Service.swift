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

    package func answer(_ request: HTTPRequest) -> HTTPAnswer {
        if let answer = health.answer(to: request.head) { return answer }
        let id = requestIDs.next()
        do {
            let (operation, s3Request) = try recognise(request, id: id)
            switch try operation.begin(in: context) {
            case .waiting(let rest):
                return later(s3Request) { try await self.send(rest(), to: s3Request, $0) }
            case .done(let answer):
                if let response = try whole(answer, to: s3Request) { return .now(response) }
                return later(s3Request) { try await self.send(answer, to: s3Request, $0) }
            }
        } catch {
            return .now(refusal(of: request.head, id: id, error))
        }
    }

    private func later(
        _ request: S3Request, _ work: @escaping @Sendable (ResponseWriter) async throws -> Void
    ) -> HTTPAnswer {
        .later { response in
            do {
                try await work(response)
            } catch {
                let refusal = self.refusal(of: request.head, id: request.id, error)
                if response.hasStarted { response.abort() } else { await response.send(refusal) }
            }
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

    /// The answer as it goes out, if all of it is in memory.
    private func whole(_ answer: S3Response, to request: S3Request) throws -> HTTPResponse? {
        var head = head(of: answer, request)
        switch answer.body {
        case .empty:
            if answer.status == 204 || answer.status == 304 { head.contentLength = nil }
            return HTTPResponse(head)
        case .described(let length):
            head.contentLength = length
            return HTTPResponse(head)
        case .xml(let document):
            head.headers.append(("content-type", "application/xml"))
            return HTTPResponse(head, body: ByteBuffer(bytes: document))
        case .object(let body):
            return try body.wholeFromMemory().map { HTTPResponse(head, body: $0) }
        }
    }

    private func head(of answer: S3Response, _ request: S3Request) -> ResponseHead {
        ResponseHead(status: answer.status, headers: commonHeaders(request.id) + answer.headers, contentLength: 0)
    }

    private func send(_ answer: S3Response, to request: S3Request, _ response: ResponseWriter) async throws {
        if let whole = try whole(answer, to: request) { return await response.send(whole) }
        guard case .object(let body) = answer.body else { return }
        var head = head(of: answer, request)
        head.contentLength = body.length
        try await send(head, body, request, response)
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

    private func refusal(of head: RequestHead, id: String, _ error: any Error) -> HTTPResponse {
        let refusal = s3Error(for: error)
        log(error, refusal, id: id, head)
        let answer = ErrorAnswer(refusal, request: head, id: id, region: context.settings.region)
        return HTTPResponse(answer.head(commonHeaders(id)), body: answer.body)
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
