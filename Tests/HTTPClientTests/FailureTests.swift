import Glibc
import HTTPClient
import HTTPServer
import Synchronization
import TestSupport
import Testing

@Suite struct FailureTests {
    @Test func `a port where nothing listens refuses`() async throws {
        let port = try RawServer { _ in }.port
        let client = try makeClient()
        await #expect(throws: HTTPClientError.refused("127.0.0.1:\(port)")) {
            try await client.send(HTTPClientRequest(.get, "http://127.0.0.1:\(port)/"))
        }
    }

    @Test func `a name without address is told by name`() async throws {
        let client = try makeClient()
        await #expect(throws: HTTPClientError.unresolvable(host: "kes.invalid")) {
            try await client.send(HTTPClientRequest(.get, "https://kes.invalid:7373/"))
        }
    }

    @Test(arguments: ["ftp://127.0.0.1/", "http://", "file:///etc/hostname"])
    func `other URLs are not fetched`(url: String) async throws {
        let client = try makeClient()
        let error = await #expect(throws: HTTPClientError.self) { try await client.send(HTTPClientRequest(.get, url)) }
        guard case .invalidRequest = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `a header cannot smuggle another`() async throws {
        let client = try makeClient()
        var request = HTTPClientRequest(.get, "http://127.0.0.1:1/")
        request.headers = [("X-A", "b\r\nX-C: d")]
        await #expect(throws: HTTPClientError.invalidRequest("a header with control characters")) {
            try await client.send(request)
        }
    }

    @Test func `an answer that does not come ends the call in time`() async throws {
        let server = try RawServer { $0.waitForEnd() }
        let client = try makeClient()
        var request = HTTPClientRequest(.get, server.url)
        request.timeout = .milliseconds(100)
        await #expect(throws: HTTPClientError.timedOut(.response)) { try await client.send(request) }
    }

    @Test func `waiting for a connection counts`() async throws {
        let server = try RawServer { $0.waitForEnd() }
        let client = try makeClient { $0.maxConnections = 1 }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var request = HTTPClientRequest(.get, server.url)
                    request.timeout = .milliseconds(200)
                    // On a busy machine the time may be over before there is a connection.
                    let error = await #expect(throws: HTTPClientError.self) { try await client.send(request) }
                    #expect([.timedOut(.response), .timedOut(.connecting)].contains(error))
                }
            }
        }
        #expect(server.connections <= 2)
    }

    @Test func `who waits behind a patient one is told in time`() async throws {
        let server = try RawServer { $0.waitForEnd() }
        let client = try makeClient { $0.maxConnections = 1 }
        @Sendable func send(_ timeout: Duration) async -> HTTPClientError? {
            var request = HTTPClientRequest(.get, server.url)
            request.timeout = timeout
            do throws(HTTPClientError) {
                _ = try await client.send(request)
            } catch {
                return error
            }
            return nil
        }
        let order = await withTaskGroup(of: Duration.self) { group in
            // The first has the connection, the second waits for it, the others behind that.
            for timeout in [Duration.milliseconds(1000), .milliseconds(1200), .milliseconds(200), .milliseconds(100)] {
                group.addTask {
                    #expect(await send(timeout) == .timedOut(.response))
                    return timeout
                }
                try? await Task.sleep(for: .milliseconds(20))
            }
            return await group.reduce(into: [Duration]()) { $0.append($1) }
        }
        #expect(Set(order.prefix(2)) == [.milliseconds(100), .milliseconds(200)])
    }

    @Test func `redirections share the time of their request`() async throws {
        let server = try RawServer { connection in
            while let request = connection.request() {
                usleep(200_000)
                let isLast = request.contains(" /2 ")
                connection.send(
                    isLast
                        ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
                        : "HTTP/1.1 307 Temporary Redirect\r\nLocation: /\(request.contains(" /1 ") ? 2 : 1)\r\n"
                            + "Content-Length: 0\r\n\r\n")
            }
        }
        let client = try makeClient()
        var request = HTTPClientRequest(.get, server.url + "/")
        request.redirects = .sameOrigin
        request.timeout = .milliseconds(450)
        await #expect(throws: HTTPClientError.timedOut(.response)) { try await client.send(request) }
        request.timeout = .seconds(30)
        #expect(try await client.send(request).status == 200)
    }

    @Test func `more requests than may wait are refused at once`() async throws {
        let server = try RawServer { $0.waitForEnd() }
        let client = try makeClient {
            $0.maxConnections = 1
            $0.maxWaiting = 2
        }
        let refusals = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    var request = HTTPClientRequest(.get, server.url)
                    request.timeout = .milliseconds(300)
                    do throws(HTTPClientError) {
                        _ = try await client.send(request)
                    } catch {
                        return error == .overloaded
                    }
                    return false
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(refusals > 0)
        #expect(refusals < 40)
    }

    @Test func `a cancelled task does not wait, and its connection goes`() async throws {
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        let (seen, see) = AsyncStream.makeStream(of: Void.self)
        let server = try RawServer { connection in
            _ = connection.request()
            see.finish()
            connection.waitForEnd()
            end.finish()
        }
        let client = try makeClient()
        let task = Task {
            var request = HTTPClientRequest(.get, server.url)
            request.timeout = .seconds(600)
            return try await client.send(request)
        }
        for await _ in seen {}
        task.cancel()
        await #expect(throws: HTTPClientError.cancelled) { try await task.value }
        for await _ in ended {}
    }

    @Test func `a body beyond the bound is an error`() async throws {
        let server = try RawServer { connection in
            while connection.request() != nil {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + String(repeating: "x", count: 100))
            }
        }
        let client = try makeClient()
        var request = HTTPClientRequest(.get, server.url)
        request.maxResponseBytes = 100
        #expect(try await client.send(request).body.count == 100)
        request.maxResponseBytes = 99
        await #expect(throws: HTTPClientError.responseTooLarge(limit: 99)) { try await client.send(request) }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
        "", "reset",
    ])
    func `an answer cut short is a lost connection`(answer: String) async throws {
        let server = try RawServer { connection in
            _ = connection.request()
            if answer == "reset" { connection.reset() } else { connection.send(answer) }
        }
        let client = try makeClient()
        let error = await #expect(throws: HTTPClientError.self) {
            try await client.send(HTTPClientRequest(.get, server.url))
        }
        guard case .connectionLost = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `what is not HTTP is an error`() async throws {
        let server = try RawServer { connection in
            _ = connection.request()
            connection.send("SSH-2.0-OpenSSH\r\n")
        }
        let client = try makeClient()
        await #expect(throws: HTTPClientError.other("the answer is not HTTP")) {
            try await client.send(HTTPClientRequest(.get, server.url))
        }
    }

    @Test func `a request that a kept connection took is in doubt, also when there is no new connection`() async throws
    {
        let itself = Mutex<RawServer?>(nil)
        let server = try RawServer { connection in
            _ = connection.request()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            _ = connection.request()
            itself.withLock { $0 }?.refuse()
        }
        itself.withLock { $0 = server }
        let client = try makeClient()
        #expect(try await client.send(HTTPClientRequest(.get, server.url)).status == 200)
        let error = await #expect(throws: HTTPClientError.self) {
            try await client.send(HTTPClientRequest(.post, server.url))
        }
        // Refused, it would be sent again as one that nobody has seen.
        #expect(error?.isNoConnection == false)
        guard case .connectionLost = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `nothing that is asked beside the machine goes to a proxy`() async throws {
        let proxy = try RawServer { connection in
            while connection.request() != nil { connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") }
        }
        try await withEnvironment("http_proxy", proxy.url) {
            let client = try makeClient { $0.connectTimeout = .milliseconds(300) }
            var request = HTTPClientRequest(.get, "http://192.0.2.1/")
            request.timeout = .seconds(5)
            #expect(try await client.send(request).status == 200)
            for url in ["http://169.254.169.254/", "http://[fe80::1%25lo]/", "http://127.8.9.1:9/", "http://[::1]:9/"] {
                request.url = url
                // Whoever answers there, it is not the proxy: that counts its connections.
                _ = try? await client.send(request)
            }
            let neighbour = try makeClient {
                $0.connectTimeout = .milliseconds(300)
                $0.usesProxies = false
            }
            request.url = "http://192.0.2.1/"
            await #expect(throws: HTTPClientError.self) { try await neighbour.send(request) }
        }
        #expect(proxy.connections == 1)
    }
}

/// Sets a variable of the process while `body` runs.
private func withEnvironment(_ name: String, _ value: String, _ body: () async throws -> Void) async throws {
    setenv(name, value, 1)
    defer { unsetenv(name) }
    try await body()
}
