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
}
