import Glibc
import HTTPServer
import Logging
import NIOCore
import Testing

/// Answers that are made on the spot.
@Suite struct ImmediateTests {
    /// Answers `/now…` on the spot with what it saw, everything else in a task.
    private struct Handler: HTTPHandler {
        let tasks = Counter()

        func answer(_ request: HTTPRequest) -> HTTPAnswer {
            let head = request.head
            guard head.target.hasPrefix("/now"), let body = request.body.whole else {
                tasks.increment()
                return .later { await describe(request, $0) }
            }
            if head.target == "/now/unchanged" {
                return .now(HTTPResponse(ResponseHead(status: 304, contentLength: 7)))
            }
            if head.target == "/now/empty" { return .now(HTTPResponse(status: 204)) }
            let text = "\(head.method) \(head.target) \(String(buffer: body))"
            return .now(HTTPResponse(status: 200, headers: [("X-Now", "1")], body: Array(text.utf8)))
        }
    }

    private func withHandler(
        _ adjust: (inout HTTPServerConfiguration) -> Void = { _ in },
        test: (Handler, HTTPServer, Int) async throws -> Void
    ) async throws {
        var configuration = HTTPServerConfiguration(addresses: ["127.0.0.1:0"])
        configuration.eventLoops = 1
        adjust(&configuration)
        let handler = Handler()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try await HTTPServer.start(configuration, handler: handler, logger: logger)
        do {
            try await test(handler, server, server.addresses.first?.port ?? 0)
        } catch {
            await server.shutdown(grace: .zero)
            throw error
        }
        await server.shutdown(grace: .zero)
    }

    @Test func `a request without a body is answered without a task`() async throws {
        try await withHandler { handler, _, port in
            let client = try RawClient(port: port)
            for number in 0..<3 {
                try client.send("GET /now/\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
                let response = try client.readResponse()
                #expect(response.status == 200)
                #expect(response.text == "GET /now/\(number) ")
                #expect(response.headers["x-now"] == "1")
                #expect(response.headers["date"]?.hasSuffix("GMT") == true)
                #expect(response.headers["connection"] == nil)
            }
            #expect(handler.tasks.value == 0)
        }
    }

    @Test func `a small body comes with its head, one that is late or long goes to a task`() async throws {
        try await withHandler { handler, _, port in
            let client = try RawClient(port: port)
            try client.send("POST /now HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
            #expect(try client.readResponse().text == "POST /now hello")
            #expect(handler.tasks.value == 0)
            let long = String(repeating: "x", count: HTTPServer.earlyBodyBytes + 1)
            try client.send("POST /now HTTP/1.1\r\nHost: a\r\nContent-Length: \(long.utf8.count)\r\n\r\n\(long)")
            #expect(try client.readResponse().text == "POST /now \(long.utf8.count)")
            try client.send("POST /now HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n")
            #expect(try client.readResponse().text == "POST /now x")
            try client.send("POST /now HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na")
            try await eventually { handler.tasks.value == 2 }
            try client.send("b")
            #expect(try client.readResponse().text == "POST /now 2")
        }
    }

    @Test func `pipelined requests of both kinds are answered in order`() async throws {
        try await withHandler { handler, _, port in
            let client = try RawClient(port: port)
            let count = 500
            try client.send(
                (0..<count).map {
                    $0 % 3 == 0
                        ? "POST /task/\($0) HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
                        : "PUT /now/\($0) HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nxyz"
                }.joined())
            for number in 0..<count {
                let text = try client.readResponse().text
                #expect(text == (number % 3 == 0 ? "POST /task/\(number) 2" : "PUT /now/\(number) xyz"))
            }
            #expect(handler.tasks.value == (count + 2) / 3)
        }
    }

    @Test func `answers without a body have none`() async throws {
        try await withHandler { _, _, port in
            let client = try RawClient(port: port)
            try client.send("HEAD /now HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.readResponse(.none).headers["content-length"] == "\("HEAD /now ".utf8.count)")
            try client.send("GET /now/unchanged HTTP/1.1\r\nHost: a\r\n\r\nGET /now/empty HTTP/1.1\r\nHost: a\r\n\r\n")
            let unchanged = try client.readResponse(.none)
            #expect(unchanged.status == 304)
            #expect(unchanged.headers["content-length"] == "7")
            let empty = try client.readResponse(.none)
            #expect(empty.status == 204)
            #expect(empty.headers["content-length"] == nil)
            try client.send("GET /now HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.readResponse().text == "GET /now ")
        }
    }

    @Test func `the connection is kept or closed as with a task`() async throws {
        try await withHandler { handler, server, port in
            let closing = try RawClient(port: port)
            try closing.send("GET /now HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(try closing.readResponse().headers["connection"] == "close")
            #expect(try closing.isClosed())
            let old = try RawClient(port: port)
            try old.send("GET /now HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(try old.readResponse().headers["connection"] == "keep-alive")
            try old.send("GET /now HTTP/1.0\r\n\r\n")
            #expect(try old.readResponse().headers["connection"] == "close")
            #expect(try old.isClosed())
            #expect(handler.tasks.value == 0)
            let idle = try RawClient(port: port)
            try idle.send("GET /now HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try idle.readResponse().status == 200)
            await server.shutdown(grace: .seconds(5))
            #expect(try idle.isClosed())
        }
    }

    @Test func `a body that waits to be asked for is not waited for`() async throws {
        try await withHandler { handler, _, port in
            let client = try RawClient(port: port)
            let head = "PUT /now HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
            try client.send(head)
            #expect(try client.readResponse().status == 100)
            try client.send("hello")
            #expect(try client.readResponse().text == "PUT /now 5")
            // A client that does not wait need not be asked.
            try client.send(head + "hello")
            #expect(try client.readResponse().text == "PUT /now hello")
            #expect(handler.tasks.value == 1)
        }
    }

    @Test func `a client that takes nothing does not fill the memory`() async throws {
        try await withHandler {
            $0.limits.writeStallTimeout = .milliseconds(200)
        } test: { _, _, port in
            let client = try RawClient(port: port, receiveBuffer: 16 * 1024)
            let body = String(repeating: "y", count: 16_000)
            let request = "PUT /now HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            // Many times what the kernel's buffers and 2 MiB of waiting answers hold: sooner or later no more is taken,
            // and the answer that waits runs into the time limit.
            let error = #expect(throws: RawClient.Failed.self) {
                for _ in 0..<10_000 { try client.send(request) }
            }
            #expect(error?.errno == ECONNRESET || error?.errno == EPIPE)
        }
    }

    @Test func `a client that has finished sending gets every answer`() async throws {
        try await withHandler { _, _, port in
            for count in [1, 64, 65, 200] {
                let client = try RawClient(port: port)
                try client.send((0..<count).map { "GET /now/\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
                client.finishSending()
                for number in 0..<count { #expect(try client.readResponse().text == "GET /now/\(number) ") }
                #expect(try client.isClosed())
            }
        }
    }

    @Test(arguments: [true, false])
    func `a slow client gets the end of an answer however long that takes`(isLast: Bool) async throws {
        // More than the kernel takes at once: the rest waits in the server when the handler is done.
        let count = 12
        try await withServer { _, response in
            let piece = ByteBuffer(repeating: UInt8(ascii: "y"), count: 1 << 20)
            try? await response.start(ResponseHead(status: 200, contentLength: Int64(count << 20)))
            for _ in 0..<count { try? await response.write(piece) }
            await response.finish()
        } _: {
            $0.limits.lingerTimeout = .milliseconds(50)
            $0.limits.idleTimeout = .milliseconds(50)
            $0.limits.writeStallTimeout = .seconds(5)
        } test: { _, port in
            let client = try RawClient(port: port, receiveBuffer: 16 * 1024)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\(isLast ? "Connection: close\r\n" : "")\r\n")
            // The head, the body, and then the end.
            var received = 0
            while true {
                let piece = try client.receive().count
                if piece == 0 { break }
                received += piece
                if received < 1 << 20 || received > (count - 1) << 20 { usleep(2000) }
            }
            #expect(received > count << 20)
        }
    }
}
