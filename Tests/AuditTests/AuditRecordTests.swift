import Audit
import HTTPServer
import JSON
import Requests
import S3Protocol
import TestSupport
import Testing

@Suite struct AuditFileTests {
    @Test func `what the engine refuses is told in MinIO's shape`() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/audit"
        let log = try AuditLog.file(path, deployment: { "the-server" }, logger: LogRecord().logger)
        let connection = ConnectionInfo(isTLS: false, remoteAddress: "192.0.2.7", localPort: 9000)
        let refusal = HTTPRefusal(
            fault: .malformedTarget, status: 400, bytesSent: 7, method: "GET",
            target: "/b/k?X-Amz-Signature=abc&X-Amz-Sig%6Eature=abc&prefix=p", connection: connection)
        log.observe(CompletedRequest(refusal, .badRequest, id: "0001", time: 1_700_000_000_000))
        log.flush()
        let text = try String(contentsOf: path)
        let record = try #require(JSONValue(Array(text.utf8.dropLast())))
        #expect(record["version"]?.string == "1" && record["trigger"]?.string == "incoming")
        #expect(record["deploymentid"]?.string == "the-server" && record["requestID"]?.string == "0001")
        #expect(record["remotehost"]?.string == "192.0.2.7" && record["requestPath"]?.string == "/b/k")
        #expect(record["api"]?["statusCode"]?.integer == 400 && record["api"]?["status"]?.string == "Bad Request")
        #expect(record["requestQuery"]?["prefix"]?.string == "p")
        #expect(!text.contains("abc"))
    }
}

extension String {
    fileprivate init(contentsOf path: String) throws {
        self = try shellOutput("cat '\(path)'")
    }
}
