import FoundationEssentials
import HTTPServer
import KeyManagement
import NIOCore
import S3Protocol
import S3Service

/// One operation of administration.
protocol AdminOperation: Sendable {
    /// `METHOD /path`, today's first, then older aliases.
    static var routes: [String] { get }

    static func perform(_ request: AdminRequest, in service: ServiceContext, _ reply: AdminReply) async throws
}

/// An authenticated request of root's.
struct AdminRequest: Sendable {
    /// Bytes of a body, all of which have none yet.
    static let bodyLimit = 64 * 1024

    let target: RequestTarget
    let payload: PayloadVerification

    /// A parameter that must be there, even if empty.
    func required(_ name: String) throws(S3Error) -> String {
        guard let value = target.queryValue(name) else {
            throw S3Error(.invalidRequest, "The query parameter '\(name)' is missing.")
        }
        return value
    }

    /// The key that a parameter names; `defaultKey` when it is empty or missing.
    func key(_ name: String, else defaultKey: KeyID) throws -> KeyID {
        guard let text = target.queryValue(name), !text.isEmpty else { return defaultKey }
        return try KeyID(text)
    }
}

/// The answer of an operation.
struct AdminReply {
    private let response: ResponseWriter
    private let common: [(name: String, value: String)]

    init(_ response: ResponseWriter, common: [(name: String, value: String)]) {
        self.response = response
        self.common = common
    }

    func sendNothing() async {
        await response.send(ResponseHead(status: 200, headers: common, contentLength: 0), body: nil)
    }

    func send(_ document: some Encodable, status: Int = 200, headers: [(name: String, value: String)] = []) async {
        let bytes = Self.json(document)
        var head = ResponseHead(status: status, headers: common + headers, contentLength: Int64(bytes.count))
        head.headers.append(("content-type", "application/json"))
        await response.send(head, body: ByteBuffer(bytes: bytes))
    }

    /// Begins an answer of one JSON document a line, as they come.
    func startLines() async throws {
        try await response.start(
            ResponseHead(
                status: 200, headers: common + [("content-type", "application/x-ndjson")], contentLength: nil))
    }

    func sendLine(_ document: some Encodable) async throws {
        try await response.write(ByteBuffer(bytes: Self.json(document) + [UInt8(ascii: "\n")]))
    }

    func finishLines() async { await response.finish() }

    private static func json(_ document: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Documents are of strings, integers and booleans, none of which fails to encode.
        return (try? encoder.encode(document)).map { [UInt8]($0) } ?? []
    }
}
