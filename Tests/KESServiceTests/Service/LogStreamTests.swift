import Glibc
import HTTPServer
import KESProtocol
import KESService
import TestSupport
import Testing

/// The streams of log events, read by `curl -N`.
@Suite struct LogStreamTests {
    /// Starts to read a stream into a file; returns its path once the head has come.
    private func read(_ path: String, _ server: ServiceFixture) async throws -> String {
        let file = server.directory.path + "/stream" + path.replacing("/", with: "-")
        _ = try shellOutput(server.command("GET", path, as: server.admin, "-N") + " > \(file) 2>/dev/null &")
        try await waitUntil { try contents(file).contains("\r\n\r\n") }
        return file
    }

    private func contents(_ file: String) throws -> String { try shellOutput("cat \(file) 2>/dev/null") }

    private func waitUntil(_ condition: () throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while try !condition() {
            try #require(ContinuousClock.now < deadline)
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test func `the audit stream has every request that reached a route, and nothing else`() async throws {
        try await withService { server in
            let file = try await read("/v1/log/audit", server)
            let stranger = try Client("stranger", in: server.directory.path)
            _ = try server.call("PUT", "/v1/key/create/k", as: server.admin)
            _ = try server.call("GET", "/v1/nothing", as: server.admin)
            _ = try server.call("PUT", "/v1/key/create/k", as: server.admin)
            _ = try server.call("GET", "/v1/status", as: stranger)
            _ = try server.call("GET", "/v1/key/describe/k?a=b", as: server.admin)
            try await waitUntil { try contents(file).contains("describe") }
            let answer = CurlAnswer(try contents(file))
            #expect(answer.headers["content-type"] == "application/x-ndjson")
            let events = try answer.body.split(separator: "\n").map { try AuditEvent(json: Array($0.utf8)) }
            // The stream's own request is over when it begins.
            #expect(events.map(\.code) == [200, 200, 400, 403, 200])
            #expect(
                events.map(\.path) == [
                    "/v1/log/audit", "/v1/key/create/k", "/v1/key/create/k", "/v1/status", "/v1/key/describe/k",
                ])
            #expect(events.allSatisfy { $0.ip == "127.0.0.1" && $0.responseTime > 0 })
            #expect(events[3].identity == stranger.identity.text)
        }
    }

    @Test func `the error stream has the lines of the log`() async throws {
        try await withService { server in
            // curl writes the head with the first event only, so failures are made until one has come.
            let file = server.directory.path + "/errors"
            let stream = server.command("GET", "/v1/log/error", as: server.admin, "-N")
            _ = try shellOutput("(\(stream) > \(file)) > /dev/null 2>&1 &")
            try await waitUntil {
                _ = try server.call("PUT", "/v1/key/encrypt/k", as: server.admin, "-d nope")
                return try contents(file).contains("}\n")
            }
            let line = try #require(CurlAnswer(try contents(file)).body.split(separator: "\n").first)
            let event = try ErrorEvent(json: Array(line.utf8))
            #expect(server.errors.lines.map(String.init).contains(event.message))
            #expect(event.message.contains("level=ERROR msg="))
            #expect(event.message.contains("req.path=/v1/key/encrypt/k"))
        }
    }

    @Test func `a client that does not read holds nobody up and loses events`() async throws {
        try await withService { server in
            let file = server.directory.path + "/slow"
            // Stops reading once the head has come, and goes away soon after: the loss is told at the stream's end.
            let stream = server.command("GET", "/v1/log/audit", as: server.admin, "-N")
            _ = try shellOutput("(\(stream) | (head -c 200 > \(file); sleep 5)) > /dev/null &")
            try await waitUntil { try contents(file).contains("x-ndjson") }
            let urls = (0..<4_000).map { _ in
                "url = \"https://127.0.0.1:\(server.port)/v1/key/describe/\(String(repeating: "x", count: 6_000))\"\n"
                    + "output = \"/dev/null\"\n"
            }
            let path = server.directory.path
            writeFile("\(path)/urls", urls.joined())
            let codes = try shellOutput(
                "curl -sk --cert \(server.admin.file) -w '%{http_code}\\n' -K \(path)/urls | sort | uniq -c")
            #expect(codes.split { $0 == " " || $0 == "\n" } == ["4000", "400"])
            try await waitUntil { server.errors.text.contains("events were dropped") }
        }
    }
}
