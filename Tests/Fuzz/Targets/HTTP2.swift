import HTTPServer
import Logging
import NIOCore
import NIOEmbedded

extension FuzzTarget {
    /// Frames behind the preface of a connection that speaks HTTP/2.
    static let http2 = FuzzTarget("http2") { (bytes) throws(BrokenPromise) in
        let loop = EmbeddedEventLoop()
        let channel = EmbeddedChannel(loop: loop)
        let log = ReadingLog()
        let server = ChannelServer(
            on: loop, HTTPServerConfiguration(addresses: []), handler: LoggingHandler(log: log),
            logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() })
        do {
            try server.serveHTTP2(channel)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        } catch { throw BrokenPromise("no connection: \(error)") }
        let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
        _ = try? channel.writeInbound(ByteBuffer(bytes: Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + settings))
        let step = 1 + bytes.count / 3
        for start in stride(from: 0, to: bytes.count, by: step) {
            _ = try? channel.writeInbound(ByteBuffer(bytes: bytes[start..<min(start + step, bytes.count)]))
            loop.run()
        }
        var sent = 0
        while let piece = try? channel.readOutbound(as: ByteBuffer.self) { sent += piece.readableBytes }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        loop.run()
        // A frame takes nine bytes, and what answers one is short.
        try require(sent < 4096 + 64 * bytes.count, "\(bytes.count) bytes made \(sent)")
        for reading in log.readings {
            try require(reading.utf8.allSatisfy { $0 != 0x0D && $0 != 0x0A && $0 != 0 }, "a line end in \(reading)")
        }
    }
}
