import HTTPServer
import NIOCore
import Testing

@Suite struct ExpectationTests {
    private static let head = "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"

    @Test func `the body is asked for when the handler first wants it`() async throws {
        try await withServer { _, port in
            let client = try RawClient(port: port)
            for _ in 0..<2 {
                try client.send(Self.head)
                #expect(try client.readResponse().status == 100)
                try client.send("hello")
                #expect(try client.readResponse().text == "PUT /a 5")
            }
        }
    }

    @Test func `a refusal comes without it, and closes`() async throws {
        try await withServer { _, response in
            await response.send(403, "no")
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send(Self.head)
            let response = try client.readResponse()
            #expect(response.status == 403)
            #expect(response.headers["connection"] == "close")
            #expect(try client.isClosed())
        }
    }

    @Test(arguments: [200, 403]) func `an empty body is told to go on, whatever comes of it`(status: Int) async throws {
        try await withServer { _, response in
            await response.send(status, "done")
        } test: { _, port in
            let client = try RawClient(port: port)
            for _ in 0..<3 {
                try client.send("PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n")
                #expect(try client.readResponse().status == 100)
                let response = try client.readResponse()
                #expect(response.status == status)
                #expect(response.headers["connection"] == nil)
            }
        }
    }

    @Test func `no expectation is none`() async throws {
        try await withServer { _, port in
            let client = try RawClient(port: port)
            try client.send("PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect:\r\n\r\nab")
            #expect(try client.readResponse().text == "PUT /a 2")
        }
    }

    @Test func `other expectations fail`() async throws {
        try await withServer { _, port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n")
            #expect(try client.readResponse().status == 417)
            #expect(try client.isClosed())
        }
    }

    @Test func `HTTP 1·0 knows none`() async throws {
        try await withServer { _, port in
            let client = try RawClient(port: port)
            try client.send("PUT / HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nab")
            #expect(try client.readResponse().text == "PUT / 2")
        }
    }
}
