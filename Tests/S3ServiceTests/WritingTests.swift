import Cryptography
import HTTPServerTesting
import S3Service
import Testing

/// Conditions on writes and deletes, and listings of what they leave.
@Suite struct WritingTests {
    @Test func `a write happens when all its conditions hold and else changes nothing`() async throws {
        let fixture = try await S3Fixture()
        for exists in [false, true] {
            for condition in ["if-match", "if-none-match"] {
                for value in ["*", "own", "\"other\""] {
                    let target = "/bucket/\(exists)-\(condition)-\(value.filter(\.isLetter))"
                    var etag = "\"none\""
                    if exists { etag = try #require(try await fixture.call("PUT", target, body: [1]).header("etag")) }
                    let sent = value == "own" ? etag : value
                    let answer = try await fixture.call("PUT", target, [(condition, sent)], body: [2])
                    let expected =
                        switch (exists, condition, value) {
                        case (false, "if-match", _): 404
                        case (true, "if-match", "\"other\""): 412
                        case (true, "if-none-match", "*"), (true, "if-none-match", "own"): 412
                        default: 200
                        }
                    #expect(answer.status == expected, "\(target)")
                    let now = try await fixture.call("GET", target)
                    #expect(now.body == (expected == 200 ? [2] : [1]) || (!exists && now.status == 404))
                }
            }
        }
    }

    @Test(arguments: ["GET", "PUT", "DELETE"])
    func `a bucket that is expected to be another's is not touched`(method: String) async throws {
        let fixture = try await S3Fixture()
        let put = try await fixture.call("PUT", "/bucket/k", body: [1])
        #expect(put.status == 200)
        let refused = try await fixture.call(
            method, "/bucket/k", [("x-amz-expected-bucket-owner", "123456789012")], body: method == "PUT" ? [2] : [])
        #expect(refused.status == 403)
        #expect(try await fixture.call("GET", "/bucket/k").body == [1])
    }

    @Test func `of many writers who want to be the first one is`() async throws {
        let fixture = try await S3Fixture()
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<24 {
                group.addTask {
                    try await fixture.call(
                        "PUT", "/bucket/once", [("if-none-match", "*")], body: [UInt8(number)]
                    ).status
                }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 200 } == 1)
        #expect(statuses.allSatisfy { $0 == 200 || $0 == 412 || $0 == 409 })
    }

    @Test func `a deletion of many does for each what it asks`() async throws {
        let fixture = try await S3Fixture()
        var tags: [String: String] = [:]
        for key in ["a", "b", "c", "d"] {
            tags[key] = try await fixture.call("PUT", "/bucket/\(key)", body: Array(key.utf8)).header("etag")
        }
        let document =
            "<Delete><Object><Key>a</Key></Object>"
            + "<Object><Key>b</Key><ETag>&quot;other&quot;</ETag></Object>"
            + "<Object><Key>c</Key><ETag>\(tags["c"] ?? "")</ETag></Object>"
            + "<Object><Key>d</Key><VersionId>nonsense</VersionId></Object>"
            + "<Object><Key>missing</Key></Object></Delete>"
        let answer = try await fixture.call(
            "POST", "/bucket?delete", [("content-md5", Base64.encode(Digest.hash(.md5, Array(document.utf8))))],
            body: Array(document.utf8))
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.elements("Code") == ["PreconditionFailed", "InvalidArgument"])
        let left = try await fixture.call("GET", "/bucket?list-type=2")
        #expect(left.elements("Key") == ["b", "d"])
    }

    @Test(arguments: ["", "a", "a/", "b/c/"], ["", "/", "//"])
    func `a listing in pages is the listing at once`(prefix: String, delimiter: String) async throws {
        let fixture = try await S3Fixture()
        let keys = ["a", "a/", "a/1", "a/2", "a//x", "b/c/1", "b/c/2", "b/d", "c", "é", "e\u{301}", "z/y//x"]
        for key in keys {
            let path = key.utf8.map { $0 < 0x80 ? String(UnicodeScalar($0)) : "%" + String($0, radix: 16) }.joined()
            #expect(try await fixture.call("PUT", "/bucket/\(path)", body: [1]).status == 200)
        }
        func list(_ rest: String) async throws -> MemoryResponse {
            let delimited = delimiter.isEmpty ? "" : "&delimiter=\(delimiter.replacing("/", with: "%2F"))"
            return try await fixture.call(
                "GET", "/bucket?list-type=2&prefix=\(prefix.replacing("/", with: "%2F"))\(delimited)\(rest)")
        }
        let whole = try await list("")
        let expected = keys.filter { $0.utf8.starts(with: prefix.utf8) }
        if delimiter.isEmpty { #expect(whole.elements("Key").count == expected.count) }
        for size in 1...4 {
            var entries: [String] = []
            var token = ""
            repeat {
                let page = try await list("&max-keys=\(size)\(token)")
                entries +=
                    page.elements("Key") + page.elements("CommonPrefixes")
                    + page.elements("Prefix").dropFirst()
                #expect(page.elements("Key").count + page.elements("Prefix").dropFirst().count <= size)
                let next = page.element("NextContinuationToken")
                token =
                    next.isEmpty
                    ? ""
                    : "&continuation-token=\(next.replacing("+", with: "%2B").replacing("/", with: "%2F").replacing("=", with: "%3D"))"
            } while !token.isEmpty
            let atOnce = whole.elements("Key") + whole.elements("CommonPrefixes") + whole.elements("Prefix").dropFirst()
            #expect(entries.sorted() == atOnce.sorted(), "pages of \(size)")
        }
    }
}
