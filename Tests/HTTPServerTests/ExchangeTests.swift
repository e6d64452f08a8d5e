import HTTPServer
import NIOCore
import Testing

@Suite struct ExchangeTests {
    @Test func `one connection serves requests one after the other`() async throws {
        try await withServer { _, port in
            let client = try RawClient(port: port)
            for number in 0..<3 {
                try client.send("GET /\(number)?a=%20 HTTP/1.1\r\nHost: a\r\n\r\n")
                let response = try client.readResponse()
                #expect(response.status == 200)
                #expect(response.text == "GET /\(number)?a=%20 0")
                #expect(response.headers["connection"] == nil)
                #expect(response.headers["date"]?.hasSuffix("GMT") == true)
            }
        }
    }

    @Test func `a hundred pipelined requests are answered in order`() async throws {
        try await withServer { _, port in
            let client = try RawClient(port: port)
            var all = ""
            for number in 0..<100 {
                switch number % 4 {
                case 0: all += "POST /\(number) HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
                case 1:
                    all +=
                        "PUT /\(number) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
                default: all += "GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n"
                }
            }
            try client.send(all)
            for number in 0..<100 {
                let expected = ["POST /\(number) 5", "PUT /\(number) 3", "GET /\(number) 0", "GET /\(number) 0"]
                #expect(try client.readResponse().text == expected[number % 4])
            }
        }
    }

    @Test func `pipelined requests stay in order when handlers take turns elsewhere`() async throws {
        try await withServer { request, response in
            try? await Task.sleep(for: .milliseconds(request.head.target.utf8.count % 2 == 0 ? 3 : 1))
            await response.send(200, request.head.target)
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send((0..<20).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
            for number in 0..<20 { #expect(try client.readResponse().text == "/\(number)") }
        }
    }

    @Test(arguments: [1, 2, 3, 7, 64]) func `requests may come in pieces of any size`(step: Int) async throws {
        try await withServer { _, port in
            let client = try RawClient(port: port)
            let bytes = Array(
                ("\r\nPOST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789"
                    + "PUT /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "A;x=y\r\n0123456789\r\n1\r\nx\r\n0\r\nTrailer: t\r\n\r\nGET /c HTTP/1.1\r\nHost: a\r\n\r\n").utf8
            )
            for start in stride(from: 0, to: bytes.count, by: step) {
                try client.send(Array(bytes[start..<min(start + step, bytes.count)]))
            }
            #expect(try client.readResponse().text == "POST /a 10")
            #expect(try client.readResponse().text == "PUT /b 11")
            #expect(try client.readResponse().text == "GET /c 0")
        }
    }

    @Test func `a HEAD request gets the length and no body`() async throws {
        try await withServer { request, response in
            if request.head.target == "/streamed" {
                do {
                    try await response.start(ResponseHead(status: 200, contentLength: 5))
                    try await response.write(ByteBuffer(string: "hello"))
                } catch {}
                await response.finish()
            } else {
                await response.send(ResponseHead(status: 200, contentLength: 1234), body: nil)
            }
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("HEAD /sent HTTP/1.1\r\nHost: a\r\n\r\nHEAD /streamed HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.readResponse(.none).headers["content-length"] == "1234")
            #expect(try client.readResponse(.none).headers["content-length"] == "5")
            try client.send("GET /streamed HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.readResponse().text == "hello")
        }
    }

    @Test(arguments: [204, 304]) func `answers without a body have none`(status: Int) async throws {
        try await withServer { _, response in
            await response.send(ResponseHead(status: status, contentLength: nil), body: nil)
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let first = try client.readResponse(.none)
            #expect(first.status == status)
            #expect(first.headers["transfer-encoding"] == nil)
            if status == 204 { #expect(first.headers["content-length"] == nil) }
            #expect(try client.readResponse(.none).status == status)
        }
    }

    @Test func `a response of unknown length is chunked, or ends with the connection in HTTP 1·0`() async throws {
        try await withServer { _, response in
            do {
                try await response.start(ResponseHead(status: 200, contentLength: nil))
                try await response.write(ByteBuffer(string: "hello "))
                try await response.write(ByteBuffer())
                try await response.write(ByteBuffer(string: "world"))
            } catch {}
            await response.finish()
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let chunked = try client.readResponse()
            #expect(chunked.headers["transfer-encoding"] == "chunked")
            #expect(chunked.text == "hello world")
            let old = try RawClient(port: port)
            try old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let closed = try old.readResponse()
            #expect(closed.headers["connection"] == "close")
            #expect(closed.headers["transfer-encoding"] == nil)
            #expect(closed.text == "hello world")
        }
    }

    @Test func `an HTTP 1·0 connection closes unless it asks to be kept`() async throws {
        try await withServer { _, port in
            let kept = try RawClient(port: port)
            for _ in 0..<2 {
                try kept.send("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
                #expect(try kept.readResponse().headers["connection"] == "keep-alive")
            }
            let closed = try RawClient(port: port)
            try closed.send("GET / HTTP/1.0\r\n\r\n")
            #expect(try closed.readResponse().headers["connection"] == "close")
            #expect(try closed.isClosed())
        }
    }

    @Test func `the connection closes when the client asks for it`() async throws {
        try await withServer { _, port in
            let client = try RawClient(port: port)
            try client.send(
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.readResponse().headers["connection"] == "close")
            #expect(try client.isClosed())
        }
    }

    @Test func `a client that has shut down its sending side still gets its answers`() async throws {
        try await withServer { _, port in
            let client = try RawClient(port: port)
            try client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
            client.finishSending()
            #expect(try client.receiveToEnd().hasSuffix("POST /a 3"))
        }
    }

    @Test func `an offer to upgrade is ignored`() async throws {
        try await withServer { _, port in
            let client = try RawClient(port: port)
            try client.send(
                "POST /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                    + "HTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 3\r\n\r\nabc")
            let response = try client.readResponse()
            #expect(response.text == "POST /a 3")
            #expect(response.headers["connection"] == "close")
        }
    }

    @Test func `header names are lowered, values trimmed, and bytes that are not UTF-8 read as Latin-1`() async throws {
        try await withServer { request, response in
            let headers = request.head.headers.map { "\($0.name)=\($0.value)" }.joined(separator: "|")
            await response.send(200, headers)
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHOST:a:1\r\nX-One: \t two words \t\r\nX-Empty:\r\nX-One: again\r\n\r\n")
            #expect(try client.readResponse().text == "host=a:1|x-one=two words|x-empty=|x-one=again")
            try client.send(
                Array("GET / HTTP/1.1\r\nHost: a\r\nX-Utf8: gr\u{fc}n\r\nX-Latin: ".utf8) + [0x67, 0xfc]
                    + Array(" \r\n\r\n".utf8))
            #expect(try client.readResponse().text == "host=a|x-utf8=gr\u{fc}n|x-latin=g\u{fc}")
        }
    }

    @Test func `a response header cannot break out of its line`() async throws {
        try await withServer { _, response in
            await response.send(200, "", headers: [("X-Test", "a\r\nX-Evil: 1\u{0}")])
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try client.readResponse()
            #expect(response.headers["x-test"] == "a  X-Evil: 1 ")
            #expect(response.headers["x-evil"] == nil)
        }
    }

    @Test func `a handler knows its connection`() async throws {
        try await withServer { request, response in
            let connection = request.connection
            await response.send(200, "\(connection.remoteAddress) \(connection.localPort) \(connection.isTLS)")
        } _: {
            $0.addresses = [":0"]
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.readResponse().text == "127.0.0.1 \(port) false")
        }
    }
}
