import FoundationEssentials
import HTTPServer
import NIOCore
import Requests

/// The answer of an operation.
struct AdminReply {
    private let response: ResponseWriter
    private let record: RequestRecord

    init(_ response: ResponseWriter, _ record: RequestRecord) {
        self.response = response
        self.record = record
    }

    func sendNothing() async {
        record.status = 200
        await response.send(ResponseHead(status: 200, headers: common, contentLength: 0), body: nil)
    }

    func send(_ document: some Encodable, status: Int = 200, headers: [(name: String, value: String)] = []) async {
        let bytes = Self.json(document)
        record.status = status
        record.bytesSent = Int64(bytes.count)
        var head = ResponseHead(status: status, headers: common + headers, contentLength: Int64(bytes.count))
        head.headers.append(("content-type", "application/json"))
        await response.send(head, body: ByteBuffer(bytes: bytes))
    }

    /// Begins an answer of one JSON document a line, as they come.
    func startLines() async throws {
        record.status = 200
        try await response.start(
            ResponseHead(
                status: 200, headers: common + [("content-type", "application/x-ndjson")], contentLength: nil))
    }

    func sendLine(_ document: some Encodable) async throws {
        let line = ByteBuffer(bytes: Self.json(document) + [UInt8(ascii: "\n")])
        record.bytesSent += Int64(line.readableBytes)
        try await response.write(line)
    }

    func finishLines() async { await response.finish() }

    private var common: [(name: String, value: String)] { RequestPipeline.commonHeaders(record) }

    private static func json(_ document: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Documents are of strings, integers and booleans, none of which fails to encode.
        return (try? encoder.encode(document)).map { [UInt8]($0) } ?? []
    }
}
