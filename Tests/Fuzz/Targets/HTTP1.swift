import HTTPServer
import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1

extension FuzzTarget {
    /// Bytes of a connection that speaks HTTP/1, read by the server and by llhttp: no message has a second meaning.
    static let http1 = FuzzTarget("http1") { (bytes) throws(BrokenPromise) in
        let whole = try readings(of: bytes, step: bytes.count)
        let others = secondReadings(of: bytes)
        try require(
            Swift.zip(whole.map(ascii), others).allSatisfy { $0 == $1 },
            "the server read \(whole), and llhttp \(others)")
        // However the bytes are cut on their way.
        let pieces = try readings(of: bytes, step: 1 + bytes.count / 7)
        try require(pieces == whole, "in pieces \(pieces), at once \(whole)")
    }

    private static func readings(of bytes: [UInt8], step: Int) throws(BrokenPromise) -> [String] {
        let loop = EmbeddedEventLoop()
        let channel = EmbeddedChannel(loop: loop)
        let log = ReadingLog()
        let server = ChannelServer(
            on: loop, HTTPServerConfiguration(addresses: []), handler: LoggingHandler(log: log),
            logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() })
        do {
            try server.serveHTTP1(channel)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        } catch { throw BrokenPromise("no connection: \(error)") }
        for start in stride(from: 0, to: bytes.count, by: max(1, step)) {
            let piece = bytes[start..<min(start + max(1, step), bytes.count)]
            _ = try? channel.writeInbound(ByteBuffer(bytes: piece))
            loop.run()
        }
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        loop.run()
        _ = try? channel.finish(acceptAlreadyClosed: true)
        loop.run()
        return log.readings
    }

    /// What llhttp reads until it finds an error.
    private static func secondReadings(of input: [UInt8]) -> [String] {
        let channel = EmbeddedChannel()
        let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes))
        guard (try? channel.pipeline.syncOperations.addHandler(decoder)) != nil else { return [] }
        _ = try? channel.writeInbound(ByteBuffer(bytes: input))
        var readings: [String] = []
        while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
            guard case .head(let head) = part else { continue }
            let headers = head.headers.map { "\($0.lowercased())=\(trimmed($1))" }.joined(separator: "|")
            readings.append(ascii("\(head.method.rawValue) \(head.uri) \(head.version.minor)|\(headers)"))
        }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        return readings
    }

    /// What is not UTF-8 is Latin-1 to the server, and replaced by who calls llhttp.
    private static func ascii(_ text: String) -> String { String(text.unicodeScalars.filter(\.isASCII)) }

    private static func trimmed(_ value: String) -> String {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        let end = value.lastIndex { !isSpace($0) }
        return end.map { String(value[...$0].drop(while: isSpace)) } ?? ""
    }
}

/// Of one thread.
final class ReadingLog: @unchecked Sendable {
    var readings: [String] = []
}

/// Answers at once, and notes the heads as they were read.
struct LoggingHandler: HTTPHandler {
    let log: ReadingLog

    func answer(_ request: HTTPRequest) -> HTTPAnswer {
        let head = request.head
        let headers = head.headers.map { "\($0.name)=\($0.value)" }.joined(separator: "|")
        log.readings.append("\(head.method) \(head.target) \(head.versionMinor)|\(headers)")
        return .now(HTTPResponse(status: 200, body: Array("ok".utf8)))
    }
}
