import AccessPolicy
import FoundationEssentials
import HTTPServer
import NIOCore
import Requests
import S3Protocol
import SealedStorage

/// The answer of an operation: one of these, once.
struct AdminReply: Sendable {
    private let response: ResponseWriter
    private let record: RequestRecord
    private let context: AdminContext

    init(_ response: ResponseWriter, _ record: RequestRecord, _ context: AdminContext) {
        self.response = response
        self.record = record
        self.context = context
    }

    typealias Headers = [(name: String, value: String)]

    /// - Parameter status: 200, or 204 where MinIO says that.
    func sendNothing(status: Int = 200, headers: Headers = []) async {
        let head = ResponseHead(status: status, headers: common + headers, contentLength: status == 204 ? nil : 0)
        record.answers(head)
        await response.send(head, body: nil)
    }

    /// A JSON document.
    func send(_ document: some Encodable & Sendable, headers: Headers = []) async throws {
        // Encoding a long one takes longer than an event loop has.
        let bytes = try await context.drive.offload { Self.json(document) }
        try await send(bytes, type: "application/json", headers: headers)
    }

    /// Text or bytes as they are.
    func send(_ bytes: [UInt8], type: String, headers: Headers = []) async throws {
        if bytes.count > ResponseWriter.smallestBlockBytes { _ = try await response.room(for: Int64(bytes.count)) }
        record.bytesSent = Int64(bytes.count)
        var head = ResponseHead(status: 200, headers: common + headers, contentLength: Int64(bytes.count))
        head.headers.append(("content-type", type))
        record.answers(head)
        await response.send(head, body: ByteBuffer(bytes: bytes))
    }

    /// A JSON document that only the sender of the request can read, see ``EncryptedBody``.
    func sendEncrypted(_ document: some Encodable & Sendable, for request: AdminRequest, headers: Headers = [])
        async throws
    {
        let bytes = try await context.drive.offload { Self.json(document) }
        try await sendEncrypted(bytes: bytes, for: request, headers: headers)
    }

    /// The same of any text or bytes.
    func sendEncrypted(bytes: [UInt8], for request: AdminRequest, headers: Headers = []) async throws {
        if request.isInProcess { return try await send(bytes, type: "application/json", headers: headers) }
        guard let secret = request.secret, let caller = request.principal.accessKey else {
            throw S3Error(.accessDenied)
        }
        let (key, salt) = try await BodyKeys.shared.answerKey(secret, of: caller)
        let sealed = try await context.drive.offload { EncryptedBody.seal(bytes, key: key, salt: salt) }
        try await send(sealed, type: "application/octet-stream", headers: headers)
    }

    // MARK: As it comes

    /// Begins an answer of one JSON document a line.
    func startLines() async throws { try await start(type: "application/x-ndjson") }

    /// Begins an answer whose length is not known.
    func start(type: String, headers: Headers = []) async throws {
        let head = ResponseHead(
            status: 200, headers: common + headers + [("content-type", type)], contentLength: nil)
        record.answers(head)
        try await response.start(head)
    }

    func sendLine(_ document: some Encodable) async throws {
        try await write(Self.json(document) + [UInt8(ascii: "\n")])
    }

    /// Waits while the client is behind.
    func write(_ bytes: [UInt8]) async throws {
        record.bytesSent += Int64(bytes.count)
        try await response.write(ByteBuffer(bytes: bytes))
    }

    /// Sends the documents that `body` gives, a line each, and blanks between them, so that whoever waits for the next one
    /// knows that it is being worked on.
    ///
    /// The client that takes nothing ends `body`, as does one that goes.
    func sendLines(
        every interval: Duration,
        _ body: @escaping @Sendable (_ send: @Sendable (any Encodable) throws -> Void) async throws -> Void
    ) async throws {
        // Whoever takes nothing for so many lines is given up.
        let lines = AsyncThrowingStream.makeStream(of: [UInt8].self, bufferingPolicy: .bufferingOldest(1024))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                do {
                    try await body { document in
                        guard case .enqueued = lines.continuation.yield(Self.json(document) + [UInt8(ascii: "\n")])
                        else {
                            throw CancellationError()
                        }
                    }
                    lines.continuation.finish()
                } catch {
                    lines.continuation.finish(throwing: error)
                }
            }
            tasks.addTask {
                while (try? await Task.sleep(for: interval)) != nil { lines.continuation.yield([UInt8(ascii: " ")]) }
            }
            // Ending this, whatever ends it, ends both.
            defer {
                lines.continuation.finish()
                tasks.cancelAll()
            }
            for try await line in lines.stream { try await write(line) }
        }
    }

    func finish() async { await response.finish() }

    /// Ends an answer that has begun as a failure: never cleanly.
    func abort() {
        record.isAborted = true
        response.abort()
    }

    // MARK: Refusals

    func refuse(_ refusal: S3Error) async { await response.send(RequestPipeline.refusal(refusal, record)) }

    private var common: Headers { RequestPipeline.commonHeaders(record) }

    static func json(_ document: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Documents are of strings, integers and booleans, none of which fails to encode.
        return (try? encoder.encode(document)).map { [UInt8]($0) } ?? []
    }
}
