import HTTPServer
import NIOCore
import Testing

@Suite struct LimitTests {
    @Test func `a head that is too large is refused`() async throws {
        try await withServer(describe) {
            $0.limits.headBytes = 1000
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 900))\r\n\r\n")
            #expect(try client.readResponse().status == 200)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 1000))\r\n\r\n")
            #expect(try client.readResponse().status == 431)
            #expect(try client.isClosed())
        }
    }

    @Test func `a head that never ends is refused while it comes`() async throws {
        try await withServer(describe) {
            $0.limits.headBytes = 1000
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 1000))")
            #expect(try client.readResponse().status == 431)
        }
    }

    @Test func `a target that is too long is refused`() async throws {
        try await withServer(describe) {
            $0.limits.headBytes = 1000
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("GET /\(String(repeating: "x", count: 1000))")
            #expect(try client.readResponse().status == 414)
            #expect(try client.isClosed())
        }
    }

    @Test func `hundreds of headers are taken`() async throws {
        try await withServer { request, response in
            await response.send(200, "\(request.head.headers.count)")
        } test: { _, port in
            let client = try RawClient(port: port)
            let many = (0..<700).map { "X-Amz-Meta-\($0): \($0)\r\n" }.joined()
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\(many)\r\n")
            #expect(try client.readResponse().text == "701")
        }
    }

    @Test func `too many headers are refused`() async throws {
        try await withServer(describe) {
            $0.limits.headerCount = 10
        } test: { _, port in
            let client = try RawClient(port: port)
            let nine = (0..<9).map { "X-\($0): y\r\n" }.joined()
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\(nine)\r\n")
            #expect(try client.readResponse().status == 200)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\(nine)Z: z\r\n\r\n")
            #expect(try client.readResponse().status == 431)
        }
    }

    @Test func `too many trailers fail the body`() async throws {
        try await withServer(describe) {
            $0.limits.headerCount = 10
        } test: { _, port in
            let client = try RawClient(port: port)
            let trailers = (0..<11).map { "X-\($0): y\r\n" }.joined()
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\(trailers)\r\n")
            #expect(try client.readResponse().text == "malformed")
        }
    }

    @Test func `a head that trickles in runs out of time`() async throws {
        try await withServer(describe) {
            $0.limits.headTimeout = .milliseconds(150)
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.readResponse().status == 200)
            // Each byte is progress, and none of it counts.
            for byte in Array("GET / HTTP/1.1\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy".utf8) {
                guard (try? client.send([byte])) != nil else { break }
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(try client.readResponse().status == 408)
            #expect(try client.isClosed())
        }
    }

    @Test func `a connection without a request is closed`() async throws {
        try await withServer(describe) {
            $0.limits.headTimeout = .milliseconds(50)
        } test: { _, port in
            let client = try RawClient(port: port)
            #expect(try client.isClosed())
        }
    }

    @Test func `an idle connection is closed without a word`() async throws {
        try await withServer(describe) {
            $0.limits.idleTimeout = .milliseconds(50)
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.readResponse().status == 200)
            #expect(try client.isClosed())
        }
    }

    @Test func `a body that stops coming is stalled`() async throws {
        try await withServer(describe) {
            $0.limits.bodyStallTimeout = .milliseconds(50)
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
            let response = try client.readResponse()
            #expect(response.text == "stalled")
            #expect(response.headers["connection"] == "close")
            #expect(try client.isClosed())
        }
    }

    @Test func `a client that takes nothing is cut off`() async throws {
        let failed = Counter()
        try await withServer { _, response in
            do {
                try await response.start(ResponseHead(status: 200, contentLength: 1 << 30))
                while true { try await response.write(ByteBuffer(repeating: 0, count: 1 << 20)) }
            } catch {
                if error as? ResponseError == .disconnected { failed.increment() }
            }
        } _: {
            $0.limits.writeStallTimeout = .milliseconds(100)
        } test: { _, port in
            let client = try RawClient(port: port, receiveBuffer: 16 * 1024)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await eventually { failed.value == 1 }
            #expect(throws: RawClient.Failed.self) { _ = try client.receiveToEnd() }
        }
    }

    @Test func `one connection too many is told so`() async throws {
        try await withServer(describe) {
            $0.limits.maxConnections = 2
        } test: { _, port in
            var clients = [try RawClient(port: port), try RawClient(port: port)]
            for client in clients {
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.readResponse().status == 200)
            }
            let refused = try RawClient(port: port)
            let response = try refused.readResponse()
            #expect(response.status == 503)
            #expect(response.headers["retry-after"] == "1")
            #expect(response.headers["connection"] == "close")
            #expect(try refused.isClosed())
            refused.close()
            clients.removeLast()
            try await eventually {
                guard let client = try? RawClient(port: port) else { return false }
                try? client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                return (try? client.readResponse().status) == 200
            }
        }
    }

    @Test func `a short rest of a body is thrown away, a long one costs the connection`() async throws {
        try await withServer { _, response in
            await response.send(403, "no")
        } _: {
            $0.limits.drainBytes = 1000
            $0.limits.lingerBytes = 4000
        } test: { _, port in
            let client = try RawClient(port: port)
            for framing in [
                "Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            ] {
                try client.send("PUT / HTTP/1.1\r\nHost: a\r\n\(framing)")
                let kept = try client.readResponse()
                #expect(kept.status == 403)
                #expect(kept.headers["connection"] == nil)
            }
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\nhello")
            let closed = try client.readResponse()
            #expect(closed.status == 403)
            #expect(closed.headers["connection"] == "close")
            #expect(try client.isClosed())

            let endless = try RawClient(port: port)
            try endless.send("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            #expect(try endless.readResponse().status == 403)
            while (try? endless.send("400\r\n\(String(repeating: "x", count: 1024))\r\n")) != nil {
                try await Task.sleep(for: .milliseconds(1))
            }
        }
    }

    @Test func `a refusal reaches a client that still sends`() async throws {
        try await withServer { _, response in
            await response.send(413, "too much")
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n")
            try client.send([UInt8](repeating: 0, count: 500_000))
            #expect(try client.readResponse().text == "too much")
        }
    }

    /// As proxies do: a reset must not overtake the response.
    @Test func `a refusal reaches a client that sends all of a long body first`() async throws {
        try await withServer { _, response in
            await response.send(413, "too much")
        } test: { _, port in
            for _ in 0..<4 {
                let client = try RawClient(port: port)
                try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 33554432\r\n\r\n")
                for _ in 0..<32 { try client.send([UInt8](repeating: 0, count: 1 << 20)) }
                #expect(try client.readResponse().text == "too much")
                #expect(try client.isClosed())
            }
        }
    }

    @Test(arguments: [(bytes: 4000, most: 1), (bytes: 64 << 20, most: 0)])
    func `what is thrown away after a refusal is bounded, by connection and in all`(
        _ limit: (bytes: Int, most: Int)
    ) async throws {
        try await withServer { _, response in
            await response.send(413, "too much")
        } _: {
            $0.limits.drainBytes = 1000
            $0.limits.lingerBytes = limit.bytes
            $0.limits.maxLingering = limit.most
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\n")
            #expect(try client.readResponse().status == 413)
            // What the kernel takes is sent, too.
            var sent = 0
            while sent < 512 << 20, (try? client.send([UInt8](repeating: 0, count: 64 << 10))) != nil {
                sent += 64 << 10
            }
            #expect(sent < 64 << 20)
        }
    }

    @Test func `a client that goes on sending drop by drop after a refusal stays no longer than it may`() async throws {
        try await withServer { _, response in
            await response.send(413, "too much")
        } _: {
            $0.limits.drainBytes = 1000
            $0.limits.lingerTimeout = .milliseconds(500)
            $0.limits.longestLingering = .milliseconds(100)
        } test: { server, port in
            let client = try RawClient(port: port)
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\n")
            #expect(try client.readResponse().status == 413)
            var drops = 0
            while drops < 10_000, (try? client.send("x")) != nil {
                drops += 1
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(drops < 10_000)
        }
    }
}

/// Waits until `condition` holds, ten seconds at most.
func eventually(_ condition: () throws -> Bool) async throws {
    for _ in 0..<2000 {
        if try condition() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("it never happened")
}
