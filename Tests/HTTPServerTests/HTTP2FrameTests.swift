import HTTPServer
import TestSupport
import Testing

/// HTTP/2 as no decent client speaks it, frame by frame.
@Suite struct HTTP2FrameTests {
    /// What comes back when `frames`, and after a while `later`, are sent.
    private func answers(
        to frames: [Frame], later: [Frame] = [],
        handler: @escaping @Sendable (HTTPRequest, ResponseWriter) async -> Void = describe,
        _ adjust: (inout HTTPServerConfiguration) -> Void = { _ in }
    ) async throws -> [Frame] {
        let workshop = try CertificateWorkshop()
        let source = try workshop.source()
        var received: [Frame] = []
        try await withServer(
            handler,
            {
                $0.tls = source
                $0.http2 = true
                adjust(&$0)
            }
        ) { _, port in
            let first = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + Frame(type: 4).bytes
            for (file, bytes) in [("first", first + frames.flatMap(\.bytes)), ("later", later.flatMap(\.bytes))] {
                _ = try shellOutput("xxd -r -p > \(workshop.path(file)) <<'END'\n\(hex(bytes))\nEND")
            }
            let digits = try shellOutput(
                "cd \(workshop.directory.path) && (cat first; sleep 0.5; cat later; sleep 0.5)"
                    + " | openssl s_client -connect 127.0.0.1:\(port) -alpn h2 -quiet -no_ign_eof 2>/dev/null"
                    + " | od -An -v -tx1 | tr -d ' \\n'")
            received = Frame.parse(unhex(digits))
        }
        return received
    }

    @Test func `an error of a stream ends that stream only`() async throws {
        let received = try await answers(to: [
            .request(1, method: 0x83, length: "5", ends: false),
            Frame(type: 0, flags: 1, stream: 1, payload: [1, 2, 3]),
            .request(3, extra: [0x00, 10] + Array("connection".utf8) + [1, 0x78]),
            .request(5, extra: [0x00, 1, 0x41, 1, 0x78]),
            .request(7, method: 0x83, length: "5", ends: true),
            .request(9),
        ])
        let resets = received.filter { $0.type == 3 }
        #expect(Set(resets.map(\.stream)) == [1, 3, 5, 7])
        #expect(received.contains { $0.type == 1 && $0.stream == 9 })
        #expect(received.contains { $0.type == 0 && $0.stream == 9 && $0.payload == Array("GET /x 0".utf8) })
        #expect(!received.contains { $0.type == 7 && $0.payload.last != 0 })
    }

    @Test(arguments: ["resets", "pings", "settings"])
    func `a client that only makes work is shut out`(kind: String) async throws {
        let flood = (0..<600).flatMap { number -> [Frame] in
            switch kind {
            case "resets":
                let stream = UInt32(2 * number + 1)
                return [.request(stream), Frame(type: 3, stream: stream, payload: [0, 0, 0, 8])]
            case "pings": return [Frame(type: 6, payload: Array(repeating: 7, count: 8))]
            default: return [Frame(type: 4)]
            }
        }
        let received = try await answers(to: flood)
        let farewell = try #require(received.last { $0.type == 7 })
        #expect(farewell.payload[4...] == [0, 0, 0, 11])
    }

    @Test func `a client that resets a stream cancels its task`() async throws {
        let (failed, cancelled) = (Counter(), Counter())
        let data = Frame(type: 0, stream: 1, payload: Array(repeating: 1, count: 10_000))
        let received = try await answers(
            to: [.request(1, method: 0x83, ends: false), data, data, .request(3)],
            later: [Frame(type: 3, stream: 1, payload: [0, 0, 0, 8])]
        ) { request, response in
            do {
                while try await request.body.next() != nil {}
                await response.send(200, "whole")
            } catch {
                if error as? BodyError == .disconnected { failed.increment() }
                if Task.isCancelled { cancelled.increment() }
            }
        }
        #expect([failed.value, cancelled.value] == [1, 1])
        #expect(received.filter { $0.type == 0 }.map(\.stream) == [3])
    }

    @Test func `a head that is too large ends the connection`() async throws {
        let value: [UInt8] = [0x7f, 0xe1, 0x0e] + Array(repeating: 0x61, count: 2000)
        let received = try await answers(
            to: [.request(1, extra: [0x00, 1, 0x78] + value)], { $0.limits.headBytes = 1000 })
        #expect(received.contains { $0.type == 7 || $0.type == 3 })
        #expect(!received.contains { $0.type == 0 && $0.payload == Array("GET /x 0".utf8) })
    }
}

private struct Frame {
    var type: UInt8
    var flags: UInt8 = 0
    var stream: UInt32 = 0
    var payload: [UInt8] = []

    var bytes: [UInt8] {
        let count = payload.count
        return [UInt8(count >> 16), UInt8(count >> 8 & 0xff), UInt8(count & 0xff), type, flags]
            + [24, 16, 8, 0].map { UInt8(stream >> $0 & 0xff) } + payload
    }

    /// `GET /x` or, with the method's index 0x83, `POST /x`.
    static func request(
        _ stream: UInt32, method: UInt8 = 0x82, length: String? = nil, ends: Bool = true, extra: [UInt8] = []
    ) -> Frame {
        var block: [UInt8] = [method, 0x87, 0x04, 2, 0x2f, 0x78, 0x01, 1, 0x61]
        if let length { block += [0x0f, 0x0d, UInt8(length.utf8.count)] + Array(length.utf8) }
        return Frame(type: 1, flags: ends ? 5 : 4, stream: stream, payload: block + extra)
    }

    static func parse(_ bytes: [UInt8]) -> [Frame] {
        var frames: [Frame] = []
        var rest = bytes[...]
        while rest.count >= 9 {
            let head = Array(rest.prefix(9))
            let count = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            let stream = head[5...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            frames.append(
                Frame(type: head[3], flags: head[4], stream: stream, payload: Array(rest.dropFirst(9).prefix(count))))
            rest = rest.dropFirst(9 + count)
        }
        return frames
    }
}
