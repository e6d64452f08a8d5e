import HTTPClient
import HTTPServer
import TestSupport
import Testing

/// Over plain TCP, with our own server and with literal bytes.
@Suite struct ExchangeTests {
    @Test(arguments: [HTTPClientMethod.get, .post, .put, .delete])
    func `methods, headers and bodies arrive`(method: HTTPClientMethod) async throws {
        try await withServer { _, url in
            let client = try makeClient()
            var request = HTTPClientRequest(method, url + "/a%2Fb/../c?d=e")
            request.headers = [("X-One", "1"), ("Content-Type", "text/x"), ("X-Empty", "")]
            request.body = Array("hello".utf8)
            let response = try await client.send(request)
            #expect(response.status == 200)
            let body = method == .post || method == .put ? "hello" : ""
            #expect(
                response.text
                    == "\(method.rawValue) /a%2Fb/../c?d=e x-one=1 content-type=text/x x-empty= \(body)")
        }
    }

    @Test func `nothing of one request shows in the next`() async throws {
        try await withServer { _, url in
            let client = try makeClient { $0.maxConnections = 1 }
            var post = HTTPClientRequest(.post, url + "/")
            post.headers = [("X-One", "1")]
            post.body = Array("body".utf8)
            var put = HTTPClientRequest(.put, url + "/")
            put.headers = [("X-Two", "2")]
            #expect(try await client.send(post).text == "POST / x-one=1 body")
            #expect(try await client.send(put).text == "PUT / x-two=2 ")
            #expect(try await client.send(HTTPClientRequest(.head, url + "/")).text == "")
            #expect(try await client.send(HTTPClientRequest(.post, url + "/")).text == "POST / ")
            #expect(try await client.send(HTTPClientRequest(.delete, url + "/")).text == "DELETE / ")
            #expect(try await client.send(HTTPClientRequest(.get, url + "/")).text == "GET / ")
        }
    }

    @Test func `statuses are answers, and wanted headers are given`() async throws {
        try await withServer(
            tls: nil,
            { _, response in await response.send(418, "tea", headers: [("X-Kind", "Oolong"), ("X-Other", "no")]) }
        ) { _, url in
            var request = HTTPClientRequest(.get, url)
            request.wantedHeaders = ["x-kind", "x-missing"]
            let response = try await makeClient().send(request)
            #expect(response.status == 418)
            #expect(response.text == "tea")
            #expect(response.headers == ["x-kind": "Oolong"])
        }
    }

    @Test func `a connection is used again`() async throws {
        let server = try RawServer { connection in
            while connection.request() != nil { connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") }
        }
        let client = try makeClient()
        for _ in 0..<5 {
            #expect(try await client.send(HTTPClientRequest(.get, server.url)).text == "ok")
        }
        #expect(server.connections == 1)
    }

    @Test func `a connection that the server has closed meanwhile is replaced`() async throws {
        let server = try RawServer { connection in
            guard connection.request() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        }
        let client = try makeClient()
        for _ in 0..<3 {
            var request = HTTPClientRequest(.post, server.url)
            request.body = [1, 2, 3]
            #expect(try await client.send(request).text == "ok")
        }
        #expect(server.connections == 3)
    }

    @Test func `many requests share a few connections`() async throws {
        let server = try RawServer { connection in
            while let request = connection.request() {
                let body = request.split(separator: " ")[1]
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            }
        }
        let client = try makeClient { $0.maxConnections = 3 }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    try await client.send(HTTPClientRequest(.get, "\(server.url)/\(number)")).text == "/\(number)"
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
        #expect((1...3).contains(server.connections))
    }

    @Test func `requests under way outlive the configuration that they began with`() async throws {
        let (seen, see) = AsyncStream.makeStream(of: Void.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        try await withServer { request, response in
            if request.head.target == "/slow" {
                see.finish()
                for await _ in gate {}
            }
            await response.send(200, request.head.target)
        } test: { _, url in
            let client = try makeClient { $0.maxConnections = 1 }
            let slow = Task { try await client.send(HTTPClientRequest(.get, url + "/slow")).text }
            for await _ in seen {}
            let waiting = Task { try await client.send(HTTPClientRequest(.get, url + "/waiting")).text }
            try client.replace(HTTPClientConfiguration())
            #expect(try await client.send(HTTPClientRequest(.get, url + "/new")).text == "/new")
            open.finish()
            #expect(try await slow.value == "/slow")
            #expect(try await waiting.value == "/waiting")
        }
    }

    @Test func `redirections are followed only where asked, and never to another server`() async throws {
        let other = try RawServer { connection in
            _ = connection.request()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother")
        }
        let target = other.url
        let server = try RawServer { connection in
            while let request = connection.request() {
                let path = request.split(separator: " ")[1]
                switch path {
                case "/list":
                    connection.send(
                        "HTTP/1.1 307 Temporary Redirect\r\nLocation: /list/\r\nContent-Length: 4\r\n\r\nmove")
                case "/away":
                    connection.send("HTTP/1.1 302 Found\r\nLocation: \(target)/\r\nContent-Length: 0\r\n\r\n")
                case "/loop":
                    connection.send("HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n")
                default: connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(path.utf8.count)\r\n\r\n\(path)")
                }
            }
        }
        let client = try makeClient()
        func answer(_ path: String, _ redirects: HTTPClientRequest.Redirects) async throws -> HTTPClientResponse {
            var request = HTTPClientRequest(.get, server.url + path)
            request.redirects = redirects
            return try await client.send(request)
        }
        #expect(try await answer("/list", .none).status == 307)
        #expect(try await answer("/list", .sameOrigin).text == "/list/")
        #expect(try await answer("/away", .sameOrigin).status == 302)
        #expect(try await answer("/loop", .sameOrigin).status == 302)
        #expect(other.connections == 0)
    }

    @Test func `a Unix-domain socket takes the place of the host`() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/s"
        let server = try RawServer(path: path) { connection in
            guard let request = connection.request() else { return }
            let isNamed = request.contains("Host: anything\r\n")
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(isNamed ? "y" : "n")")
        }
        let client = try makeClient { $0.unixSocket = path }
        #expect(try await client.send(HTTPClientRequest(.get, "http://anything/")).text == "y")
        #expect(server.connections == 1)
    }
}
