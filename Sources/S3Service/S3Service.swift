package import AccessPolicy
package import HTTPServer
import Logging
import NIOCore
package import Requests
package import S3Protocol
import SealedStorage

/// Answers S3 requests: authenticate → recognise → decode → demand rights → perform → answer.
package final class S3Service: HTTPHandler {
    private let context: ServiceContext
    private let pipeline: RequestPipeline
    private let health: HealthCheck
    private let crossOrigin: CrossOrigin
    private let senderSetting: SenderAttributes.Setting

    package init(context: ServiceContext, pipeline: RequestPipeline) {
        self.context = context
        self.pipeline = pipeline
        health = HealthCheck(context: context, pipeline: pipeline)
        crossOrigin = CrossOrigin(context: context)
        senderSetting = SenderAttributes.Setting(
            region: context.settings.region, trustsUpstreamTLS: context.settings.trustsUpstreamTLS)
    }

    package func answer(_ request: HTTPRequest) -> HTTPAnswer {
        if let answer = health.answer(to: request) { return answer }
        return answer(request, pipeline.begin(request, .s3))
    }

    /// The answer to a request that this process makes.
    package func answer(_ request: HTTPRequest, as caller: InProcessCaller) -> HTTPAnswer {
        answer(request, pipeline.begin(request, .s3, caller))
    }

    private func answer(_ request: HTTPRequest, _ record: RequestRecord) -> HTTPAnswer {
        do {
            if request.head.method == "OPTIONS" { return pipeline.answer(try preflight(record), record) }
            let operation = try recognise(request, record)
            let context = record.caller?.expectation.map(context.expecting) ?? context
            switch try operation.begin(in: context) {
            case .waiting(let longest, let rest):
                return later(record) { response in
                    try await response.room(forDocumentUpTo: longest)
                    var answer = try await rest()
                    self.addCommonHeaders(record, to: &answer.headers)
                    try await self.send(answer, record, response)
                }
            case .done(var answer):
                addCommonHeaders(record, to: &answer.headers)
                if !answer.isLong, let response = try whole(answer) { return pipeline.answer(response, record) }
                return later(record) { [answer] in try await self.send(answer, record, $0) }
            }
        } catch {
            return pipeline.answer(refusal(error, record), record)
        }
    }

    /// Whether a request is one of those that are answered whatever the state of the server: they tell of it.
    package func isHealthCheck(_ head: RequestHead) -> Bool { health.serves(head) }

    /// The answer to a request that is not let in.
    package func refuse(_ request: HTTPRequest, _ error: S3Error) -> HTTPAnswer {
        let record = pipeline.begin(request, .s3)
        return pipeline.answer(refusal(error, record), record)
    }

    /// Whether a caller in this process may do each of the demands with a request like this one.
    package func allow(_ demands: [Demand], _ request: HTTPRequest, as caller: InProcessCaller) -> [Bool] {
        let access = RequestAccess(
            caller.verified.principal,
            S3RequestAttributes(
                sender: SenderAttributes(
                    head: request.head, target: nil, connection: request.connection,
                    principal: caller.verified.principal, scheme: caller.verified.scheme, time: Clock.milliseconds(),
                    setting: senderSetting),
                operation: ""),
            buckets: context.buckets, objects: context.objects)
        return demands.map(access.allows)
    }

    private func later(
        _ record: RequestRecord, _ work: @escaping @Sendable (ResponseWriter) async throws -> Void
    ) -> HTTPAnswer {
        pipeline.answer(record) { response in
            do {
                try await work(response)
            } catch  where Self.isOfTheClient(error) {
                record.status = Self.clientClosedRequest
                record.isAborted = true
                response.abort()
            } catch {
                let refusal = self.refusal(error, record)
                if response.hasStarted {
                    record.isAborted = true
                    response.abort()
                } else {
                    record.answers(refusal.head)
                    record.bytesSent = Int64(refusal.body?.readableBytes ?? 0)
                    await response.send(refusal)
                }
            }
        }
    }

    /// The status that the log has of a request whose client was gone before there was an answer; never sent.
    private static let clientClosedRequest = 499

    /// Whether a request ended because nobody waits for its answer any more.
    private static func isOfTheClient(_ error: any Error) -> Bool {
        switch error {
        case ResponseError.disconnected, is CancellationError: true
        default: false
        }
    }

    // MARK: The request

    /// Everything that the head of the request decides.
    private func recognise(_ request: HTTPRequest, _ record: RequestRecord) throws -> any S3Operation {
        let sent = request.head
        let target = try RequestTarget(sent.target)
        let host = sent.headers.firstValue(of: "host")
        let resource = try ResourceAddress(target, host: host, domains: context.settings.domains)
        record.bucket = resource.bucket?.rawValue
        record.key = resource.object?.rawValue
        let isSecure = request.connection.isTLS || context.settings.trustsUpstreamTLS
        // Before the signature: a key that came in the clear is compromised whoever sent it.
        try SSEHeaders.requireTLS(sent.headers, isSecure: isSecure)
        let (verified, principal) = try pipeline.authenticate(
            SigningRequest(
                method: sent.method, target: target, headers: sent.headers, secrets: sent.secrets,
                isTLS: request.connection.isTLS,
                virtualHostBucket: ResourceAddress.virtualHostBucket(host, domains: context.settings.domains)),
            acceptsAnyRegion: Self.precedesTheRegion(sent.method, resource, target), record)

        // What a presigned URL carries in its query are headers from here on: they also decide which operation it is.
        let head = sent.adding(try verified.headersInQuery(of: target, beside: sent))
        if !head.isSame(as: sent) { try SSEHeaders.requireTLS(head.headers, isSecure: isSecure) }
        try Owner.requireExpected(head.headers)
        let type = try OperationTable.operation(
            method: head.method, level: resource.level, query: verified.parameters(of: target),
            hasHeader: { head.headers.firstValue(of: $0) != nil })
        let route = type.route
        if !target.query.isEmpty { try requireSigned(route, target, verified.scheme) }
        record.operation = type.name
        let access = RequestAccess(
            principal,
            S3RequestAttributes(
                sender: SenderAttributes(
                    head: head, target: target, connection: request.connection, principal: principal,
                    scheme: verified.scheme, time: record.time, setting: senderSetting),
                operation: type.name),
            buckets: context.buckets, objects: context.objects)
        if !route.isRead { try requireAllowedList(head, resource) }
        let decoded: Result<any S3Operation, any Error> = Result {
            try type.init(
                S3Request(
                    record, pipeline, access, head: head, body: request.body, target: target, resource: resource,
                    payload: verified.payload, principal: principal, isSecure: isSecure))
        }
        if type.isSignedInBody { return try ofForm(decoded, verified.scheme) }
        // Who may not write at all learns that, and not what else is wrong with the request.
        if case .failure = decoded, !route.isRead { try access.requireWrite(route, resource) }
        let operation = try decoded.get()
        do {
            if !type.answersWhatIsAllowed || access.refusesOutright(operation.demands) {
                try access.require(operation.demands)
            }
        } catch let refusal as S3Error {
            throw try access.refusal(refusal, of: operation.demands)
        }
        if !route.isRead { try requireKeyUser(head, principal) }
        return operation
    }

    /// A form says in its fields who sends it: that is asked for when they have been read.
    private func ofForm(
        _ decoded: Result<any S3Operation, any Error>, _ scheme: AuthenticationScheme
    ) throws -> any S3Operation {
        let operation = try decoded.get()
        guard scheme == .postPolicy || scheme == .anonymous else {
            throw S3Error(
                .invalidRequest, "Invalid Request (request has multiple authentication types, please use one)")
        }
        return operation
    }

    /// Refuses an access control list in the headers of a write where the bucket's settings say that none may come.
    private func requireAllowedList(_ head: RequestHead, _ resource: ResourceAddress) throws(S3Error) {
        let grantees = try AccessControlList.grantees(head.headers)
        guard grantees != .owner,
            let bucket = resource.bucket.flatMap({ context.buckets.bucket(named: $0.rawValue) }),
            let record = try? bucket.record
        else { return }
        if grantees == .everybody, record.publicAccessBlock?.blockPublicACLs == true { throw S3Error(.accessDenied) }
        guard record.ownershipControls?.objectOwnership != .bucketOwnerEnforced else {
            throw S3Error(.accessControlListNotSupported)
        }
    }

    /// Whoever the key service would have to ask for a right is nobody.
    private func requireKeyUser(_ head: RequestHead, _ principal: Principal) throws(S3Error) {
        guard principal.isAnonymous, head.header("x-amz-server-side-encryption")?.hasPrefix("aws:kms") == true else {
            return
        }
        throw S3Error(
            .invalidArgument,
            "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.",
            details: [("ArgumentName", "x-amz-server-side-encryption")])
    }

    /// What makes a request another operation, or says what it writes to, must be covered by its signature, or somebody
    /// between could have added it.
    ///
    /// Version 2 covers a fixed list of query parameters; not `list-type`, with which a listing only looks different.
    private func requireSigned(
        _ route: Route, _ target: RequestTarget, _ scheme: AuthenticationScheme
    ) throws(S3Error) {
        for (name, _) in target.query where !scheme.covers(parameter: name) {
            guard route.isRead ? route.required.contains(name) && name != "list-type" : route.understands(name) else {
                continue
            }
            throw S3Error(
                .accessDenied,
                "The signature does not cover the query parameter '\(name)'. Please use AWS4-HMAC-SHA256.")
        }
    }

    /// Whether the client cannot know the region yet: it asks for it, or for the buckets, which have one each.
    private static func precedesTheRegion(
        _ method: String, _ resource: ResourceAddress, _ target: RequestTarget
    ) -> Bool {
        switch resource {
        case .service: method == "GET" || method == "HEAD"
        case .bucket: method == "GET" && target.hasQuery("location")
        case .object: false
        }
    }

    // MARK: The answer

    /// The answer as it goes out, if all of it is in memory.
    private func whole(_ answer: S3Response) throws -> HTTPResponse? {
        var head = ResponseHead(status: answer.status, headers: answer.headers, contentLength: 0)
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
        case .json(let document):
            head.headers.append(("content-type", "application/json"))
            return HTTPResponse(head, body: ByteBuffer(bytes: document))
        case .object(let body):
            return try body.wholeFromMemory().map { HTTPResponse(head, body: $0) }
        case .events: return nil
        }
    }

    /// Adds the headers that every answer has, and those for a page that the browser asks for.
    ///
    /// Behind the answer's own, in whose memory there is mostly room.
    private func addCommonHeaders(_ record: RequestRecord, to headers: inout [(name: String, value: String)]) {
        RequestPipeline.appendCommonHeaders(record, to: &headers)
        let more = crossOrigin.headers(record)
        if !more.isEmpty { headers += more }
    }

    private func preflight(_ record: RequestRecord) throws -> HTTPResponse {
        let headers = RequestPipeline.commonHeaders(record) + (try crossOrigin.preflight(record))
        return HTTPResponse(ResponseHead(status: 200, headers: headers, contentLength: 0))
    }

    private func send(_ answer: S3Response, _ record: RequestRecord, _ response: ResponseWriter) async throws {
        if let whole = try whole(answer) { return try await send(whole, record, response) }
        var head = ResponseHead(status: answer.status, headers: answer.headers, contentLength: nil)
        if case .events(let events) = answer.body { return try await send(head, events, record, response) }
        guard case .object(let body) = answer.body else { return }
        head.contentLength = body.length
        try await send(head, body, record, response)
    }

    private func send(_ whole: HTTPResponse, _ record: RequestRecord, _ response: ResponseWriter) async throws {
        let count = whole.body?.readableBytes ?? 0
        // What is small needs no share of the memory for bodies.
        if count > ResponseWriter.smallestBlockBytes { _ = try await response.room(for: Int64(count)) }
        response.documentHas(count)
        record.answers(whole.head)
        await response.send(whole)
        record.bytesSent = Int64(count)
    }

    /// The first block is opened before the status line goes out, so that what can be refused is refused properly.
    ///
    /// After that, a failure ends the connection: never a clean end, never a wrong byte.
    private func send(
        _ head: ResponseHead, _ body: ObjectBody, _ record: RequestRecord, _ response: ResponseWriter
    ) async throws {
        guard let first = try await body.next(upTo: response.room(for: body.length)) else {
            return try await send(HTTPResponse(head), record, response)
        }
        if Int64(first.readableBytes) == body.length {
            return try await send(HTTPResponse(head, body: first), record, response)
        }
        do {
            record.answers(head)
            try await response.start(head)
            var block: ByteBuffer? = first
            while let current = block {
                let count = Int64(current.readableBytes)
                if response.blockBytes > ResponseWriter.smallestBlockBytes {
                    // The next block is read and opened while this one goes out.
                    async let following = body.next(upTo: response.blockBytes)
                    try await response.write(current)
                    record.bytesSent += count
                    block = try await following
                } else {
                    // A client that has not shown that it takes what it is given costs one block at a time.
                    try await response.write(current)
                    record.bytesSent += count
                    block = try await body.next(upTo: response.room(for: body.length))
                }
            }
            await response.finish()
        } catch {
            record.isAborted = true
            if let error = error as? ResponseError {
                context.logger.debug(
                    "download ended by the client", metadata: ["request": "\(record.id)", "error": "\(error)"])
            } else {
                pipeline.note(error, s3Error(for: error), record)
            }
            response.abort()
        }
    }

    private func refusal(_ error: any Error, _ record: RequestRecord) -> HTTPResponse {
        let refusal = s3Error(for: error)
        pipeline.note(error, refusal, record)
        let answer = ErrorAnswer(refusal, record: record, settings: context.settings)
        // What is wrong with a preflight request is not for the page.
        var common: [(name: String, value: String)] = []
        if record.head.method == "OPTIONS" {
            RequestPipeline.appendCommonHeaders(record, to: &common)
        } else {
            addCommonHeaders(record, to: &common)
        }
        return HTTPResponse(answer.head(common), body: answer.body)
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
    fileprivate func adding(_ more: [(name: String, value: String)]) -> RequestHead {
        guard !more.isEmpty else { return self }
        return RequestHead(
            method: method, target: target, versionMinor: versionMinor, headers: headers + more, secrets: secrets)
    }

    fileprivate func isSame(as sent: RequestHead) -> Bool { headers.count == sent.headers.count }
}

extension VerifiedRequest {
    /// The headers that a request carries in its query: in a presigned URL of version 2 those that its signature covers,
    /// else what clients of version 4 move there (`x-amz-copy-source`, `x-amz-server-side-encryption`, ...).
    ///
    /// A header of the same name that was sent counts, and this one does not. Checksums in the query are of the empty body
    /// that an SDK presigned with, and say nothing of the one that comes.
    /// - Throws: `InvalidArgument` for a name or value that could not be a header's.
    fileprivate func headersInQuery(
        of target: RequestTarget, beside sent: RequestHead
    ) throws(S3Error) -> [(name: String, value: String)] {
        switch scheme {
        case .v2Header, .v2Presigned: return queryHeaders
        case .v4Header, .v4Presigned, .postPolicy, .bearer, .anonymous: break
        }
        var headers: [(name: String, value: String)] = []
        var names: Set<String> = []
        for (name, value) in target.query where name.utf8.count > 6 {
            let name = name.lowercased()
            guard name.begins(with: "x-amz-"), !Self.isOfSignature(name) else { continue }
            guard name.utf8.allSatisfy(Self.isTokenByte), value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
                names.insert(name).inserted
            else {
                throw S3Error(
                    .invalidArgument, "The query parameter '\(name)' is not valid as a header",
                    details: [("ArgumentName", name)])
            }
            if sent.headers.firstValue(of: name) == nil { headers.append((name, value)) }
        }
        return headers
    }

    /// The query without the headers that version 2 moves there under names that are not S3's own.
    fileprivate func parameters(of target: RequestTarget) -> [(name: String, value: String)] {
        guard scheme == .v2Presigned else { return target.query }
        return target.query.filter { pair in
            let name = pair.name.lowercased()
            return name != "content-type" && name != "content-md5"
        }
    }

    /// Whether a query parameter belongs to the signature, or is a checksum.
    private static func isOfSignature(_ name: String) -> Bool {
        switch name {
        case "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signedheaders",
            "x-amz-signature", "x-amz-security-token", "x-amz-content-sha256", "x-amz-user-agent",
            "x-amz-sdk-checksum-algorithm", "x-amz-trailer":
            true
        default: name.begins(with: "x-amz-checksum-") && name != "x-amz-checksum-mode"
        }
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
