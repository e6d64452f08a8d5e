import HTTPServerTesting
import Testing

/// Tags of objects and buckets.
@Suite struct TaggingTests {
    private func document(_ tags: [(String, String)]) -> [UInt8] {
        let set = tags.map { "<Tag><Key>\($0.0)</Key><Value>\($0.1)</Value></Tag>" }.joined()
        return Array("<Tagging><TagSet>\(set)</TagSet></Tagging>".utf8)
    }

    @Test func `tags are put, read and deleted, and all else of the object stays`() async throws {
        let fixture = try await S3Fixture()
        let sent = [
            ("x-amz-meta-a", "b"), ("x-amz-tagging", "old=1"), ("cache-control", "no-store"),
            ("x-amz-storage-class", "STANDARD_IA"), ("x-amz-website-redirect-location", "/x"),
        ]
        for key in ["whole", "parts"] {
            if key == "whole" {
                #expect(try await fixture.call("PUT", "/bucket/\(key)", sent, body: [1, 2]).status == 200)
            } else {
                try await fixture.upload(key, sent, parts: [[1, 2]])
            }
            let before = try await fixture.call("GET", "/bucket/\(key)")
            #expect(before.header("x-amz-tagging-count") == "1")
            let put = try await fixture.call(
                "PUT", "/bucket/\(key)?tagging", body: document([("b", "2"), ("a", ""), ("é&amp;", "")].dropLast()))
            #expect(put.status == 200, "\(put.text)")
            let tags = try await fixture.call("GET", "/bucket/\(key)?tagging")
            #expect(tags.elements("Key") == ["a", "b"] && tags.elements("Value") == ["", "2"])
            let after = try await fixture.call("GET", "/bucket/\(key)")
            #expect(after.header("x-amz-tagging-count") == "2" && after.body == [1, 2])
            for header in [
                "etag", "last-modified", "x-amz-meta-a", "cache-control", "x-amz-storage-class", "content-type",
                "x-amz-website-redirect-location", "x-amz-server-side-encryption",
            ] {
                #expect(after.header(header) == before.header(header), "\(header)")
                #expect(after.header(header) != nil, "\(header)")
            }
            #expect(try await fixture.call("DELETE", "/bucket/\(key)?tagging").status == 204)
            #expect(try await fixture.call("GET", "/bucket/\(key)?tagging").elements("Key").isEmpty)
            #expect(try await fixture.call("HEAD", "/bucket/\(key)").header("x-amz-tagging-count") == nil)
        }
    }

    @Test func `tags that S3 does not have are refused, and the old ones stay`() async throws {
        let fixture = try await S3Fixture()
        let put = try await fixture.call("PUT", "/bucket/k", [("x-amz-tagging", "a=1")], body: [1])
        #expect(put.status == 200)
        let refused: [(tags: [(String, String)], code: String)] = [
            ((0..<11).map { ("\($0)", "") }, "InvalidTag"),
            ([("a", ""), ("a", "")], "InvalidTag"),
            ([("", "")], "InvalidTag"),
            ([(String(repeating: "k", count: 129), "")], "InvalidTag"),
            ([("k", String(repeating: "v", count: 257))], "InvalidTag"),
            ([("aws:k", "")], "InvalidTag"), ([("k", "a#b")], "InvalidTag"),
        ]
        for (tags, code) in refused {
            let answer = try await fixture.call("PUT", "/bucket/k?tagging", body: document(tags))
            #expect(answer.status == 400 && answer.element("Code") == code, "\(tags)")
        }
        for text in ["", "<Tagging/>", "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>", "<Tags/>"] {
            let answer = try await fixture.call("PUT", "/bucket/k?tagging", body: Array(text.utf8))
            #expect(answer.status == 400 && answer.element("Code") == "MalformedXML", "\(text)")
        }
        #expect(try await fixture.call("GET", "/bucket/k?tagging").elements("Key") == ["a"])
        for tags in [(0..<10).map { ("\($0)", "") }, [(String(repeating: "ключ", count: 32), "значение 1")]] {
            #expect(try await fixture.call("PUT", "/bucket/k?tagging", body: document(tags)).status == 200)
            #expect(try await fixture.call("GET", "/bucket/k?tagging").elements("Key") == tags.map(\.0))
        }
    }

    @Test(arguments: ["GET", "PUT", "DELETE"])
    func `what is not there has no tags`(method: String) async throws {
        let fixture = try await S3Fixture()
        let body = method == "PUT" ? document([("a", "b")]) : []
        let object = try await fixture.call(method, "/bucket/absent?tagging", body: body)
        #expect(object.status == 404 && object.element("Code") == "NoSuchKey")
        let bucket = try await fixture.call(method, "/absent?tagging", body: body)
        #expect(bucket.status == 404 && bucket.element("Code") == "NoSuchBucket")
        let version = try await fixture.call(method, "/bucket/absent?tagging&versionId=nonsense", body: body)
        #expect(version.status == 400 && version.element("Code") == "InvalidArgument")
        #expect(await fixture.callAnonymously(method, "/bucket/absent?tagging").status == 403)
    }

    @Test func `a bucket's tags are its own`() async throws {
        let fixture = try await S3Fixture()
        let absent = try await fixture.call("GET", "/bucket?tagging")
        #expect(absent.status == 404 && absent.element("Code") == "NoSuchTagSet")
        let tags = (0..<50).map { ("k\($0)", "v") }
        #expect(try await fixture.call("PUT", "/bucket?tagging", body: document(tags)).status == 200)
        let excess = try await fixture.call("PUT", "/bucket?tagging", body: document(tags + [("more", "")]))
        #expect(excess.status == 400 && excess.element("Code") == "InvalidTag")
        #expect(try await fixture.call("GET", "/bucket?tagging").elements("Key") == tags.map(\.0).sorted())
        #expect(try await fixture.call("PUT", "/bucket?tagging", body: document([])).status == 200)
        #expect(try await fixture.call("GET", "/bucket?tagging").status == 404)
        #expect(try await fixture.call("PUT", "/bucket?tagging", body: document([("a", "")])).status == 200)
        #expect(try await fixture.call("DELETE", "/bucket?tagging").status == 204)
        #expect(try await fixture.call("GET", "/bucket?tagging").status == 404)
    }

    @Test func `tags and overwrites at the same time leave an object that opens`() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.call("PUT", "/bucket/k", body: [0]).status == 200)
        let answers = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<40 as Range<UInt8> {
                group.addTask {
                    try await fixture.call("PUT", "/bucket/k?tagging", body: document([("n", "\(number)")])).status
                }
                group.addTask { try await fixture.call("PUT", "/bucket/k", body: [number]).status }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0 == 200 })
        #expect(try await fixture.call("GET", "/bucket/k").status == 200)
        #expect(try await fixture.call("PUT", "/bucket/k?tagging", body: document([("last", "")])).status == 200)
        #expect(try await fixture.call("GET", "/bucket/k?tagging").elements("Key") == ["last"])
    }

    @Test func `each version has tags of its own, and a delete marker has none`() async throws {
        let fixture = try await S3Fixture()
        let versioning = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        #expect(try await fixture.call("PUT", "/bucket/k", [("x-amz-tagging", "n=0")], body: [0]).status == 200)
        #expect(try await fixture.call("PUT", "/bucket?versioning", body: Array(versioning.utf8)).status == 200)
        let first = try await fixture.call("PUT", "/bucket/k", body: [1]).header("x-amz-version-id") ?? ""
        let second = try await fixture.call("PUT", "/bucket/k", body: [2]).header("x-amz-version-id") ?? ""
        let put = try await fixture.call("PUT", "/bucket/k?tagging&versionId=\(first)", body: document([("n", "1")]))
        #expect(put.status == 200 && put.header("x-amz-version-id") == first)
        #expect(try await fixture.call("PUT", "/bucket/k?tagging", body: document([("n", "2")])).status == 200)
        for (version, tag) in [("null", "0"), (first, "1"), (second, "2")] {
            let tags = try await fixture.call("GET", "/bucket/k?tagging&versionId=\(version)")
            #expect(tags.element("Value") == tag && tags.header("x-amz-version-id") == version)
            let acl = try await fixture.call("GET", "/bucket/k?acl&versionId=\(version)")
            #expect(acl.status == 200 && acl.header("x-amz-version-id") == version)
            let attributes = try await fixture.call(
                "GET", "/bucket/k?attributes&versionId=\(version)", [("x-amz-object-attributes", "ObjectSize")])
            #expect(attributes.element("ObjectSize") == "1" && attributes.header("x-amz-version-id") == version)
        }
        let marker = try await fixture.call("DELETE", "/bucket/k").header("x-amz-version-id") ?? ""
        for query in ["tagging", "acl"] {
            #expect(try await fixture.call("GET", "/bucket/k?\(query)").status == 404)
            #expect(try await fixture.call("GET", "/bucket/k?\(query)&versionId=\(marker)").status == 405)
        }
        #expect(try await fixture.call("DELETE", "/bucket/k?tagging&versionId=\(first)").status == 204)
        #expect(try await fixture.call("GET", "/bucket/k?tagging&versionId=\(first)").elements("Key").isEmpty)
        #expect(try await fixture.call("DELETE", "/bucket/k", [("x-minio-force-delete", "true")]).status == 204)
        #expect(try await fixture.call("DELETE", "/bucket").status == 204)
    }
}
