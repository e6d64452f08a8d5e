import Cryptography
import HTTPServer
import HTTPServerTesting
import S3Service
import Testing

/// Before a long answer is made there is memory for it: whoever has asked for it may never take it.
@Suite struct LongAnswerTests {
    private let fixture: S3Fixture

    init() async throws { fixture = try await S3Fixture() }

    private func expectRoom(for answer: MemoryResponse, besides request: Int = 0) {
        #expect(answer.status == 200, "\(answer.text.prefix(500))")
        #expect(answer.body.count > ResponseWriter.smallestBlockBytes, "the answer is not long")
        #expect(answer.heldBytes >= answer.body.count + request)
    }

    private func put(_ targets: [String]) async throws {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for target in targets { group.addTask { try await fixture.call("PUT", target, body: []).status } }
            for try await status in group { #expect(status == 200) }
        }
    }

    @Test func `a list of buckets`() async throws {
        let names = (1000..<1800).map { "/\($0)" + String(repeating: "b", count: 59) }
        try await put(names)
        expectRoom(for: try await fixture.call("GET", "/"))
    }

    @Test(arguments: ["", "&list-type=2", "&encoding-type=url"])
    func `a list of objects`(kind: String) async throws {
        try await put((1000..<1100).map { "/bucket/\($0)" + String(repeating: "%22", count: 1000) })
        expectRoom(for: try await fixture.call("GET", "/bucket?max-keys=100\(kind)"))
    }

    @Test func `a list of parts`() async throws {
        let id = try await fixture.call("POST", "/bucket/k?uploads").element("UploadId")
        try await put((9001...9800).map { "/bucket/k?partNumber=\($0)&uploadId=\(id)" })
        expectRoom(for: try await fixture.call("GET", "/bucket/k?uploadId=\(id)"))
    }

    @Test(arguments: ["VersionId", "ETag"])
    func `what became of a deletion of many`(member: String) async throws {
        let name = String(repeating: "&quot;", count: 150)
        let objects = (100..<900).map { "<Object><Key>\($0)\(name)</Key><\(member)>x</\(member)></Object>" }
        let body = Array("<Delete>\(objects.joined())</Delete>".utf8)
        let answer = try await fixture.call(
            "POST", "/bucket?delete", [("content-md5", Base64.encode(Digest.hash(.md5, body)))], body: body)
        #expect(answer.elements("Error").count == 800)
        expectRoom(for: answer, besides: body.count)
    }
}
