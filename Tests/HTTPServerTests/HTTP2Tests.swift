import Glibc
import HTTPServer
import NIOCore
import Synchronization
import TestSupport
import Testing

/// HTTP/2 as curl speaks it.
@Suite struct HTTP2Tests {
    private func serve(
        _ handler: @escaping @Sendable (HTTPRequest, ResponseWriter) async -> Void = describe,
        _ adjust: (inout HTTPServerConfiguration) -> Void = { _ in },
        test: (HTTPServer, HTTP2Client) async throws -> Void
    ) async throws {
        let workshop = try CertificateWorkshop()
        let source = try workshop.source()
        try await withServer(
            handler,
            {
                $0.tls = source
                $0.http2 = true
                adjust(&$0)
            }
        ) { server, port in
            try await test(server, HTTP2Client(workshop: workshop, port: port))
        }
    }

    @Test func `requests look as they do over HTTP 1`() async throws {
        try await serve { request, response in
            let head = request.head
            let body = (try? await request.body.collect(upTo: 1000))?.readableBytes ?? -1
            let lines = [
                head.method, head.target, "\(head.versionMinor)", head.header("host") ?? "none",
                head.headers(named: "x-one").joined(separator: "+"), "\(request.body.declaredLength ?? -1)", "\(body)",
                "\(request.connection.isTLS)", request.connection.remoteAddress,
            ]
            await response.send(
                201, lines.joined(separator: " "), headers: [("X-Thing", "a\nb"), ("Connection", "close")])
        } test: { _, client in
            let options = "-i -H 'X-One: a' -H 'X-One: b' -X PUT -d hello"
            for (version, name) in [("--http2", "HTTP/2 201"), ("--http1.1", "HTTP/1.1 201")] {
                let answer = try client.curl("/a%20b?c=d", "\(version) \(options)")
                #expect(answer.hasPrefix(name))
                #expect(
                    answer.hasSuffix("PUT /a%20b?c=d 1 127.0.0.1:\(client.port) a+b 5 5 true 127.0.0.1"))
                #expect(answer.lowercased().contains("\r\ncontent-length: "))
                #expect(answer.lowercased().contains("\r\ndate: "))
                #expect(answer.lowercased().contains("\r\nx-thing: a b\r\n"))
                #expect(answer.contains("onnection: close") == (name == "HTTP/1.1 201"))
            }
        }
    }

    @Test func `it is offered only where it is on`() async throws {
        try await serve(describe, { $0.http2 = false }) { _, client in
            try #expect(client.curl("/", "-o /dev/null -w '%{http_version}'") == "1.1")
        }
    }

    @Test func `an answer on the spot needs no task`() async throws {
        let workshop = try CertificateWorkshop()
        let source = try workshop.source()
        var configuration = HTTPServerConfiguration(addresses: ["127.0.0.1:0"], tls: source)
        configuration.http2 = true
        let server = try await HTTPServer.start(configuration, handler: PromptHandler(), logger: LogRecord().logger)
        let client = HTTP2Client(workshop: workshop, port: server.addresses.first?.port ?? 0)
        try #expect(client.curl("/now") == "now 0")
        try #expect(client.curl("/now", "-d hello") == "now 5")
        try #expect(client.curl("/now", "-I").contains("content-length: 5"))
        try #expect(client.curl("/later", "-d hello") == "later")
        _ = try shellOutput("head -c 100000 /dev/zero > \(workshop.path("body"))")
        try #expect(client.curl("/now", "--data-binary @\(workshop.path("body"))") == "later")
        await server.shutdown(grace: .zero)
    }

    @Test func `many streams share a connection`() async throws {
        try await serve { request, response in
            let body = (try? await request.body.collect(upTo: 1 << 20)) ?? ByteBuffer()
            try? await Task.sleep(for: .milliseconds(5))
            await response.send(200, "\(request.head.target) \(body.readableBytes)\n")
        } test: { _, client in
            _ = try shellOutput("head -c 50000 /dev/zero > \(client.workshop.path("body"))")
            let answers = try client.curl(
                "/[1-300]", "-Z --parallel-max 100 --data-binary @\(client.workshop.path("body"))")
            // There is a progress meter among them.
            let lines = answers.split(whereSeparator: \.isNewline).map { $0.drop { $0 != "/" } }
                .filter { $0.hasSuffix(" 50000") }.map(String.init)
            #expect(lines.count == 300)
            #expect(Set(lines).symmetricDifference((1...300).map { "/\($0) 50000" }) == [])
        }
    }

    @Test(arguments: [
        ("-X FOO", "501"), ("-H 'Host;'", "200"), ("-H 'Expect: miracles'", "417"),
        ("--request-target '//x' -X OPTIONS", "200"), ("--request-target x", "400"),
        ((1...101).map { "-H 'X-\($0): y'" }.joined(separator: " "), "431"),
    ])
    func `what is refused over HTTP 1 is refused`(options: String, status: String) async throws {
        try await serve(describe) {
            $0.limits.headerCount = 100
        } test: { _, client in
            let answer = try client.curl("/", options + " -o /dev/null -w '%{http_code} %{http_version}'")
            #expect(answer.hasSuffix("\(status) 2"))
            try #expect(client.curl("/ok") == "GET /ok 0")
        }
    }

    @Test func `answers to HEAD and empty ones have no body`() async throws {
        try await serve { request, response in
            switch request.head.target {
            case "/empty": await response.send(ResponseHead(status: 200, contentLength: nil), body: nil)
            case "/none": await response.send(ResponseHead(status: 204, contentLength: nil), body: nil)
            default: await response.send(200, "hello")
            }
        } test: { _, client in
            let head = try client.curl("/", "-I")
            #expect(head.contains("content-length: 5\r\n"))
            let empty = try client.curl("/empty", "-i")
            #expect(empty.contains("content-length: 0\r\n"))
            let none = try client.curl("/none", "-i")
            #expect(none.hasPrefix("HTTP/2 204") && !none.contains("content-length"))
        }
    }

    @Test(arguments: ["abandon", "abort", "short"])
    func `a response that goes wrong never ends cleanly`(way: String) async throws {
        try await serve { _, response in
            do {
                try await response.start(ResponseHead(status: 200, contentLength: way == "short" ? 100 : nil))
                try await response.write(ByteBuffer(string: "hello"))
            } catch {}
            switch way {
            case "abort": response.abort()
            case "short": await response.finish()
            default: break
            }
        } test: { _, client in
            let outcome = try client.curl("/", "-w '%{exitcode}'")
            #expect(outcome.contains("INTERNAL_ERROR") && outcome.hasSuffix("92"))
        }
    }

    @Test func `a handler without an answer is a 500`() async throws {
        try await serve { _, _ in
        } test: { _, client in
            try #expect(client.curl("/", "-o /dev/null -w '%{http_code}'") == "500")
        }
    }

    @Test func `a client that leaves cancels the task`() async throws {
        let cancelled = Counter()
        try await serve { _, response in
            try? await Task.sleep(for: .seconds(30))
            if Task.isCancelled { cancelled.increment() }
            await response.send(200, "too late")
        } test: { _, client in
            _ = try client.curl("/", "--max-time 0.2")
            try await eventually { cancelled.value == 1 }
        }
    }

    @Test func `an answer before the body's end stops the client`() async throws {
        try await serve { _, response in
            await response.send(413, "too much")
        } test: { _, client in
            let body = client.workshop.path("body")
            _ = try shellOutput("head -c 5000000 /dev/zero > \(body)")
            for options in ["", "-H 'Expect: 100-continue'"] {
                let answer = try client.curl("/", "--data-binary @\(body) -w ' %{http_code} %{exitcode}' " + options)
                #expect(answer == "too much 413 0")
            }
        }
    }

    @Test func `a body that stops is given up`() async throws {
        try await serve(
            describe, { $0.limits.bodyStallTimeout = .milliseconds(100) }
        ) { _, client in
            let answer = try shellOutput(
                "(echo x; sleep 2) | curl -sk --http2 --max-time 5 -T - https://127.0.0.1:\(client.port)/ 2>&1")
            #expect(answer == "stalled")
        }
    }

    // MARK: Memory

    @Test func `bodies of 100 MiB pass both ways in little memory`() async throws {
        let size = 100 * 1024 * 1024
        try await serve { request, response in
            // The other side is far ahead by then, or would be.
            try? await Task.sleep(for: .milliseconds(300))
            do {
                switch request.head.method {
                case "PUT":
                    var count = 0
                    while let piece = try await request.body.next() { count += piece.readableBytes }
                    await response.send(200, "\(count)")
                default:
                    try await response.start(ResponseHead(status: 200, contentLength: Int64(size)))
                    for _ in 0..<(size >> 20) { try await response.write(ByteBuffer(repeating: 7, count: 1 << 20)) }
                    await response.finish()
                }
            } catch { response.abort() }
        } test: { _, client in
            let before = try resetPeakMemory()
            let url = "https://127.0.0.1:\(client.port)/"
            let sent = try shellOutput("head -c \(size) /dev/zero | curl -sk --http2 -T - \(url)")
            #expect(sent == "\(size)")
            let received = try shellOutput("curl -sk --http2 \(url) | (sleep 0.5; wc -c)")
            #expect(received == "\(size)\n")
            let growth = try peakMemory() - before
            #expect(growth < 40 * 1024 * 1024, "grew by \(growth)")
        }
    }

    /// The bytes in use, from which the peak starts anew.
    private func resetPeakMemory() throws -> Int {
        let file = open("/proc/self/clear_refs", O_WRONLY)
        _ = "5".withCString { Glibc.write(file, $0, 1) }
        close(file)
        return try peakMemory()
    }

    private func peakMemory() throws -> Int {
        let text = try shellOutput("awk '/VmHWM/ {print $2}' /proc/\(getpid())/status")
        return (Int(text.filter(\.isNumber)) ?? 0) * 1024
    }

    // MARK: Endings

    @Test func `shutdown closes idle connections and lets streams finish`() async throws {
        let (entered, release) = (Counter(), Gate())
        try await serve { request, response in
            if request.head.target == "/slow" {
                entered.increment()
                await release.wait()
            }
            await response.send(200, "done")
        } test: { server, client in
            let idle = try OpenTLSConnection(client.port, in: client.workshop, options: "-alpn h2")
            try await eventually { try idle.output().contains("ALPN protocol: h2") }
            let out = client.workshop.path("out")
            _ = try shellOutput(
                "(curl -sk --http2 -w ' %{exitcode}' https://127.0.0.1:\(client.port)/slow > \(out)) >/dev/null 2>&1 &")
            try await eventually { entered.value == 1 }
            async let duration = ContinuousClock().measure { await server.shutdown(grace: .seconds(20)) }
            try await eventually { try idle.output().contains("closed") }
            release.open()
            try await eventually { try shellOutput("cat \(out)") == "done 0" }
            #expect(await duration < .seconds(15))
        }
    }

    @Test func `an idle connection is closed`() async throws {
        try await serve(describe, { $0.limits.idleTimeout = .milliseconds(100) }) { _, client in
            let idle = try OpenTLSConnection(client.port, in: client.workshop, options: "-alpn h2")
            try await eventually { try idle.output().contains("closed") }
        }
    }
}

/// Answers `/now` on the spot and everything else in a task.
private struct PromptHandler: HTTPHandler {
    func answer(_ request: HTTPRequest) -> HTTPAnswer {
        if request.head.target == "/now", let body = request.body.whole {
            return .now(HTTPResponse(status: 200, body: Array("now \(body.readableBytes)".utf8)))
        }
        return .later { response in
            _ = try? await request.body.collect(upTo: 1 << 20)
            await response.send(200, "later")
        }
    }
}

struct HTTP2Client {
    let workshop: CertificateWorkshop
    let port: Int

    func curl(_ path: String, _ options: String = "") throws -> String {
        try shellOutput("curl -sS -k --http2 --max-time 20 \(options) 'https://127.0.0.1:\(port)\(path)' 2>&1")
    }
}
