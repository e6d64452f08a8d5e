import Glibc
import HTTPServer
import NIOCore
import Testing

@Suite struct LifecycleTests {
    @Test func `a handler without an answer is a 500`() async throws {
        try await withServer { _, _ in
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try client.readResponse()
            #expect(response.status == 500)
            #expect(response.headers["connection"] == "close")
            let head = try RawClient(port: port)
            try head.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try head.receiveToEnd().hasSuffix("\r\n\r\n"))
        }
    }

    @Test(arguments: ["abandon", "abort", "short", "twice"])
    func `a response that goes wrong never ends cleanly`(way: String) async throws {
        try await withServer { request, response in
            let length: Int64? = request.head.target == "/chunked" ? nil : 100
            do {
                try await response.start(ResponseHead(status: 200, contentLength: length))
                try await response.write(ByteBuffer(string: "hello"))
                // Lets what was written leave, so that the client sees it.
                try await Task.sleep(for: .milliseconds(20))
            } catch {}
            switch way {
            case "abort": response.abort()
            case "short": if length == nil { response.abort() } else { await response.finish() }
            case "twice": await response.send(500, "again")
            default: break
            }
        } test: { _, port in
            for target in ["/fixed", "/chunked"] {
                let client = try RawClient(port: port)
                try client.send("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(throws: RawClient.Failed.self) { _ = try client.receiveToEnd() }
            }
        }
    }

    @Test func `more than the declared length is refused`() async throws {
        let refused = Counter()
        try await withServer { _, response in
            do {
                try await response.start(ResponseHead(status: 200, contentLength: 3))
                try await response.write(ByteBuffer(string: "hello"))
            } catch {
                if error as? ResponseError == .tooLong { refused.increment() }
            }
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(throws: RawClient.Failed.self) { _ = try client.receiveToEnd() }
            try await eventually { refused.value == 1 }
        }
    }

    @Test func `calls out of order are refused`() async throws {
        let refused = Counter()
        try await withServer { _, response in
            #expect(!response.hasStarted)
            do { try await response.write(ByteBuffer(string: "x")) } catch {
                if error as? ResponseError == .outOfOrder { refused.increment() }
            }
            await response.send(200, "ok")
            #expect(response.hasStarted)
            do { try await response.write(ByteBuffer(string: "x")) } catch {
                if error as? ResponseError == .outOfOrder { refused.increment() }
            }
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.readResponse().text == "ok")
            try await eventually { refused.value == 2 }
        }
    }

    @Test func `a client that leaves fails the body and cancels the task`() async throws {
        let (failed, cancelled) = (Counter(), Counter())
        try await withServer { request, response in
            do {
                while try await request.body.next() != nil {}
            } catch {
                if error as? BodyError == .disconnected { failed.increment() }
            }
            if Task.isCancelled { cancelled.increment() }
            do { try await response.start(ResponseHead(status: 200, contentLength: 1)) } catch {
                if error as? ResponseError == .disconnected { failed.increment() }
            }
        } test: { _, port in
            for framing in ["Content-Length: 10", "Transfer-Encoding: chunked"] {
                let client = try RawClient(port: port)
                try client.send("PUT / HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n2\r\n")
                try await Task.sleep(for: .milliseconds(10))
                client.close()
            }
            try await eventually { failed.value == 4 && cancelled.value == 2 }
        }
    }

    @Test func `a client that leaves before its answer begins cancels the task`() async throws {
        let cancelled = Counter()
        try await withServer { _, _ in
            try? await Task.sleep(for: .seconds(30))
            if Task.isCancelled { cancelled.increment() }
        } _: {
            $0.limits.halfCloseTimeout = .milliseconds(30)
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await Task.sleep(for: .milliseconds(10))
            client.close()
            try await eventually { cancelled.value == 1 }
        }
    }

    @Test func `a client that leaves during a download fails its writes`() async throws {
        let failed = Counter()
        try await withServer { _, response in
            do {
                try await response.start(ResponseHead(status: 200, contentLength: nil))
                while true { try await response.write(ByteBuffer(repeating: 0, count: 1 << 16)) }
            } catch {
                if error as? ResponseError == .disconnected { failed.increment() }
            }
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try client.receive()
            client.close()
            try await eventually { failed.value == 1 }
        }
    }

    @Test func `a body and a writer outlive their request without harm`() async throws {
        let (failed, late) = (Counter(), Gate())
        try await withServer { request, response in
            await response.send(200, "ok")
            Task {
                await late.wait()
                do { _ = try await request.body.next() } catch { failed.increment() }
                do { try await response.write(ByteBuffer(string: "x")) } catch { failed.increment() }
                await response.finish()
            }
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
            #expect(try client.readResponse().text == "ok")
            late.open()
            try await eventually { failed.value == 2 }
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.readResponse().text == "ok")
        }
    }

    // MARK: Shutdown

    @Test func `shutdown closes idle connections and lets requests finish`() async throws {
        let (entered, release) = (Counter(), Gate())
        try await withServer { request, response in
            if request.head.target == "/slow" {
                entered.increment()
                await release.wait()
            }
            await response.send(200, "done")
        } test: { server, port in
            let (idle, busy) = (try RawClient(port: port), try RawClient(port: port))
            try idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try idle.readResponse().status == 200)
            try busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
            try await eventually { entered.value == 1 }
            async let over: Void = server.shutdown(grace: .seconds(20))
            #expect(try idle.isClosed())
            #expect(throws: RawClient.Failed.self) { _ = try RawClient(port: port) }
            release.open()
            let response = try busy.readResponse()
            #expect(response.text == "done")
            #expect(response.headers["connection"] == "close")
            busy.close()
            await over
        }
    }

    @Test func `what outlasts the grace is cut off and cancelled`() async throws {
        let (entered, cancelled) = (Counter(), Counter())
        try await withServer { _, response in
            entered.increment()
            try? await Task.sleep(for: .seconds(60))
            if Task.isCancelled { cancelled.increment() }
            await response.send(200, "too late")
        } test: { server, port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await eventually { entered.value == 1 }
            await server.shutdown(grace: .milliseconds(20))
            #expect(cancelled.value == 1)
            #expect(try client.isClosed())
        }
    }

    // MARK: Addresses

    @Test func `several addresses are served, IPv4 and IPv6`() async throws {
        try await withServer(describe) {
            $0.addresses = [":0", "127.0.0.1:0", "localhost:0"]
        } test: { server, _ in
            #expect(server.addresses.count == 3)
            for address in server.addresses.prefix(2) {
                let client = try RawClient(port: address.port ?? 0)
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.readResponse().status == 200)
            }
        }
    }

    @Test func `a port in use is a bind error`() async throws {
        try await withServer { _, port in
            await #expect(throws: HTTPServerError.bind(address: "127.0.0.1:\(port)", errno: EADDRINUSE)) {
                try await withServer(describe) {
                    $0.addresses = ["127.0.0.1:\(port)"]
                } test: { _, _ in
                }
            }
        }
    }

    @Test(arguments: ["", "localhost", "localhost:", ":http", "::1:9000", "[a]:1", "1.2.3.4:70000", "a:-1"])
    func `nonsense is no address`(text: String) async throws {
        await #expect(throws: HTTPServerError.address(text)) {
            try await withServer(describe) {
                $0.addresses = [text]
            } test: { _, _ in
            }
        }
    }
}
