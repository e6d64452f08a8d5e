import HTTPServer
import JSON
import Logging
import Requests
import S3Protocol
import TestSupport
import Testing

@Suite struct TraceFeedTests {
    private func refusal(_ id: String, target: String = "/b/k") -> CompletedRequest {
        CompletedRequest(
            HTTPRefusal(
                fault: .malformedTarget, status: 400, bytesSent: 0, method: "GET", target: target,
                connection: ConnectionInfo(isTLS: false, remoteAddress: "127.0.0.1", localPort: 9000)),
            .badRequest, id: id, time: 0)
    }

    @Test func `nobody listens until somebody does, and again when he has gone`() {
        let feed = TraceFeed(node: { "host:1" })
        #expect(!feed.isListening)
        do {
            let listener = feed.listen()
            #expect(feed.isListening && listener != nil)
        }
        #expect(!feed.isListening)
    }

    @Test func `a line has what mc reads, and no signature`() async throws {
        let feed = TraceFeed(node: { "host:1" })
        let listener = try #require(feed.listen())
        feed.observe(refusal("1", target: "/b/k?X-Amz-Signature=abc&prefix=x"))
        var follower = listener.follower
        guard case .bytes(let line) = await follower.next(upTo: 1, within: .seconds(60), where: { _ in true }) else {
            return Issue.record("nothing came")
        }
        let trace = try #require(JSONValue(Array(line.dropLast())))
        #expect(trace["type"]?.integer == 4 && trace["nodename"]?.string == "host:1")
        #expect(trace["path"]?.string == "/b/k" && trace["dur"]?.integer == 0)
        let http = try #require(trace["http"])
        #expect(http["request"]?["method"]?.string == "GET" && http["request"]?["client"]?.string == "127.0.0.1")
        #expect(http["response"]?["statuscode"]?.integer == 400)
        #expect(http["request"]?["rawquery"]?.string == "X-Amz-Signature=*REDACTED*&prefix=x")
    }

    @Test func `a thousand listen to one ring, more are refused`() throws {
        let feed = TraceFeed(node: { "" })
        let listeners = (0..<TraceFeed.maximumListeners).map { _ in feed.listen() }
        #expect(listeners.allSatisfy { $0 != nil } && feed.listen() == nil)
        withExtendedLifetime(listeners) {}
    }

    @Test func `headers show no secret, whatever it is called`() {
        let headers = LoggedHeaders([
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=K/2026/r/s3/aws4_request, SignedHeaders=host, Signature=abcdef"
            ),
            ("x-amz-server-side-encryption-customer-key", "secret1"),
            ("x-amz-copy-source-server-side-encryption-customer-key-md5", "secret2"),
            ("x-amz-security-token", "secret3"), ("x-tomorrows-token", "secret4"), ("cookie", "secret5"),
            ("x-amz-date", "20260101T000000Z"), ("range", "a"), ("range", "b"),
        ])
        let text = "\(headers.values)"
        #expect(!text.contains("secret") && !text.contains("abcdef") && text.contains("Credential=K/2026"))
        #expect(headers.values.contains { $0.name == "X-Amz-Date" && $0.values == ["20260101T000000Z"] })
        #expect(headers.values.contains { $0.name == "Range" && $0.values == ["a", "b"] })
        let old = LoggedHeaders([("authorization", "AWS key:c2lnbmF0dXJl")])
        #expect(!"\(old.values)".contains("c2lnbmF0dXJl"))
    }

    @Test func `lines of the log are what mc shows`() async throws {
        let feed = LogFeed()
        feed.publish(.error, "it \"failed\"", ["request": "0001", "cause": "disk"], time: 0)
        var follower = feed.ring.follow(last: 10)
        guard case .bytes(let line) = await follower.next(upTo: 1, within: .seconds(60), where: { _ in true }) else {
            return Issue.record("nothing came")
        }
        let record = try #require(JSONValue(LogFeed.complete(line, deployment: "d")[0]))
        #expect(record["deploymentid"]?.string == "d" && record["level"]?.string == "ERROR")
        #expect(record["requestID"]?.string == "0001")
        #expect(record["error"]?["message"]?.string == "it \"failed\" cause=disk request=0001")
    }
}
