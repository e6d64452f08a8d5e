import Cryptography
import HTTPServerTesting
import Testing

/// Annotations: what they are, what refuses them, and that they come and go with their object.
@Suite struct AnnotationTests {
    private func target(_ name: String, of key: String = "k", _ more: String = "") -> String {
        "/bucket/\(key)?annotation&annotationName=\(name)\(more)"
    }

    private func put(
        _ fixture: S3Fixture, _ name: String, _ text: String, of key: String = "k", _ more: String = "",
        _ headers: [(name: String, value: String)] = []
    ) async throws -> MemoryResponse {
        try await fixture.call("PUT", target(name, of: key, more), headers, body: Array(text.utf8))
    }

    private func names(_ fixture: S3Fixture, of key: String = "k", _ more: String = "") async throws -> [String] {
        try await fixture.call("GET", "/bucket/\(key)?annotation\(more)").elements("AnnotationName")
    }

    @Test(arguments: [CopyTests.Encryption.none, .sseKMS, .bucketKey, .dsse])
    func `an annotation is read as it was put, under its object's encryption`(
        encryption: CopyTests.Encryption
    ) async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.call("PUT", "/bucket/k", encryption.write, body: [1, 2, 3])
        let long = String(repeating: "é ", count: 100_000)
        for (name, text) in [("short", "x"), ("long", long), ("short", "another")] {
            let answer = try await put(fixture, name, text)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.element("Key") == "k" && answer.element("AnnotationName") == name)
            #expect(answer.header("x-amz-server-side-encryption") == encryption.answer)
            let got = try await fixture.call("GET", target(name))
            #expect(got.status == 200 && got.body == Array(text.utf8))
            #expect(got.header("etag") == answer.header("etag") && got.header("etag") != nil)
            #expect(got.header("x-amz-server-side-encryption") == encryption.answer)
            #expect(got.header("x-amz-object-version-id") == nil && got.header("last-modified") != nil)
        }
        #expect(try await names(fixture) == ["long", "short"])
        #expect(try await fixture.blobCount() == 1)
        // Nothing about the object has changed.
        #expect(try await fixture.call("GET", "/bucket/k").body == [1, 2, 3])
        #expect(try await fixture.call("GET", "/bucket?list-type=2").elements("Key") == ["k"])
        #expect(try await fixture.call("DELETE", target("short")).status == 204)
        #expect(try await fixture.call("DELETE", target("short")).status == 204)
        #expect(try await fixture.call("GET", target("short")).element("Code") == "NoSuchAnnotation")
        #expect(try await names(fixture) == ["long"])
        #expect(try await fixture.call("DELETE", "/bucket/k").status == 204)
        #expect(try await fixture.blobCount() == 0)
        #expect(try await fixture.call("GET", target("long")).element("Code") == "NoSuchKey")
        #expect(try await fixture.call("DELETE", "/bucket").status == 204)
    }

    @Test func `bad requests are refused, and change nothing`() async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.call("PUT", "/bucket/k", body: [1])
        _ = try await fixture.call("PUT", "/bucket/secret", CustomerKeys.headers(1), body: [1])
        #expect(try await put(fixture, "a", "kept").status == 200)
        let tooLong = String(repeating: "n", count: 513)
        for (status, code, answer) in [
            (400, "InvalidAnnotationName", try await put(fixture, "", "x")),
            (400, "InvalidAnnotationName", try await put(fixture, "aWs-x", "x")),
            (400, "InvalidAnnotationName", try await put(fixture, "S3", "x")),
            (400, "AnnotationNameTooLong", try await put(fixture, tooLong, "x")),
            (400, "InvalidAnnotationName", try await fixture.call("PUT", "/bucket/k?annotation", body: [1])),
            (400, "InvalidAnnotationName", try await fixture.call("DELETE", "/bucket/k?annotation")),
            (400, "InvalidRequest", try await put(fixture, "a", "")),
            (400, "EntityTooLarge", try await put(fixture, "a", String(repeating: "x", count: 1 << 20 + 1))),
            (415, "UnsupportedMediaType", try await fixture.call("PUT", target("a"), body: [0xFF, 0xFE])),
            (415, "UnsupportedMediaType", try await fixture.call("PUT", target("a"), body: [0x61, 0xC3])),
            (
                412, "PreconditionFailed",
                try await put(fixture, "a", "x", of: "k", "", [("x-amz-object-if-match", "\"0\"")])
            ),
            (
                412, "PreconditionFailed",
                try await fixture.call("DELETE", target("a"), [("x-amz-object-if-match", "\"0\"")])
            ),
            (
                400, "BadDigest",
                try await put(fixture, "a", "x", of: "k", "", [("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")])
            ),
            (400, "InvalidRequest", try await put(fixture, "a", "x", of: "secret")),
            (404, "NoSuchKey", try await put(fixture, "a", "x", of: "absent")),
            (404, "NoSuchKey", try await fixture.call("DELETE", target("a", of: "absent"))),
            (
                404, "NoSuchVersion",
                try await put(fixture, "a", "x", of: "k", "&versionId=\(String(repeating: "0", count: 32))")
            ),
            (
                501, "NotImplemented",
                try await put(fixture, "a", "x", of: "k", "", [("x-amz-copy-source", "/bucket/k")])
            ),
            (501, "NotImplemented", try await put(fixture, "a", "x", of: "k", "&invented=1")),
            (400, "InvalidArgument", try await fixture.call("GET", "/bucket/k?annotation&max-annotation-results=0")),
            (400, "InvalidArgument", try await fixture.call("GET", "/bucket/k?annotation&continuation-token=x")),
            (400, "InvalidPrefix", try await fixture.call("GET", "/bucket/k?annotation&annotation-prefix=\(tooLong)")),
        ] {
            #expect(answer.status == status && answer.element("Code") == code, "\(code): \(answer.text)")
        }
        #expect(await fixture.callAnonymously("GET", target("a")).status == 403)
        #expect(try await fixture.call("GET", target("a")).text == "kept")
        #expect(try await fixture.call("GET", "/bucket/k").body == [1])
        #expect(try await fixture.blobCount() == 0)
    }

    @Test func `a condition on the object's tag holds, and a checksum is kept`() async throws {
        let fixture = try await S3Fixture()
        let etag = try await fixture.call("PUT", "/bucket/k", body: [1]).header("etag") ?? ""
        let headers = [(name: "x-amz-object-if-match", value: etag), ("x-amz-checksum-crc32", "jNwWgw==")]
        let answer = try await put(fixture, "a", "x", of: "k", "", headers)
        #expect(answer.status == 200, "\(answer.text)")
        let got = try await fixture.call("GET", target("a"), [("x-amz-checksum-mode", "ENABLED")])
        #expect(got.header("x-amz-checksum-crc32") == "jNwWgw==")
        #expect(try await fixture.call("GET", "/bucket/k?annotation").element("ChecksumAlgorithm") == "CRC32")
        #expect(try await fixture.call("DELETE", target("a"), [("x-amz-object-if-match", etag)]).status == 204)
    }

    @Test func `annotations are listed by name, page by page`() async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.call("PUT", "/bucket/k", body: [1])
        let all = (0..<25).map { "n\($0 % 2)-\($0)" }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for name in all.reversed() { #expect(try await put(fixture, name, name).status == 200) }
        #expect(try await names(fixture) == all)
        #expect(try await names(fixture, of: "k", "&annotation-prefix=n1") == all.filter { $0.hasPrefix("n1") })
        var (paged, token): ([String], String) = ([], "")
        repeat {
            let more = token.isEmpty ? "" : "&continuation-token=\(token)"
            let page = try await fixture.call("GET", "/bucket/k?annotation&max-annotation-results=10\(more)")
            #expect(page.element("AnnotationCount") == "\(page.elements("AnnotationName").count)")
            paged += page.elements("AnnotationName")
            token = page.element("NextContinuationToken")
        } while !token.isEmpty
        #expect(paged == all)
    }

    @Test func `an object has a thousand annotations, and no more`() async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.call("PUT", "/bucket/k", body: [1])
        for number in 0..<1000 {
            let answer = try await put(fixture, "n\(number)", "x")
            guard answer.status == 200 else {
                Issue.record("\(number): \(answer.text)")
                return
            }
        }
        #expect(try await put(fixture, "more", "x").element("Code") == "AnnotationLimitExceeded")
        #expect(try await put(fixture, "n17", "other").status == 200)
        #expect(try await names(fixture).count == 1000)
        let copied = try await fixture.call("PUT", "/bucket/copy", [("x-amz-copy-source", "/bucket/k")])
        #expect(copied.status == 200, "\(copied.text)")
        #expect(try await names(fixture, of: "copy").count == 1000)
        #expect(try await fixture.call("DELETE", "/bucket/k").status == 204)
        #expect(try await put(fixture, "more", "x", of: "copy").element("Code") == "AnnotationLimitExceeded")
        #expect(try await fixture.call("DELETE", "/bucket/copy").status == 204)
        #expect(try await fixture.blobCount() == 0)
        #expect(try await fixture.call("DELETE", "/bucket").status == 204)
    }

    @Test func `each version has its own, which go with it`() async throws {
        let fixture = try await S3Fixture()
        let document = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        _ = try await fixture.call("PUT", "/bucket?versioning", body: Array(document.utf8))
        let first = try await fixture.call("PUT", "/bucket/k", body: [1]).header("x-amz-version-id") ?? ""
        let answer = try await put(fixture, "a", "of the first")
        #expect(answer.header("x-amz-object-version-id") == first)
        let second = try await fixture.call("PUT", "/bucket/k", body: [2]).header("x-amz-version-id") ?? ""
        #expect(try await names(fixture) == [])
        #expect(try await put(fixture, "a", "of the second").status == 200)
        #expect(try await put(fixture, "b", "late", of: "k", "&versionId=\(first)").status == 200)
        #expect(try await fixture.call("GET", target("a", of: "k", "&versionId=\(first)")).text == "of the first")
        #expect(try await names(fixture, of: "k", "&versionId=\(first)") == ["a", "b"])
        #expect(try await fixture.call("DELETE", "/bucket/k").status == 204)
        #expect(try await fixture.call("GET", target("a")).status == 404)
        #expect(try await fixture.call("GET", target("a", of: "k", "&versionId=\(second)")).text == "of the second")
        #expect(try await fixture.call("DELETE", "/bucket/k?versionId=\(first)").status == 204)
        #expect(
            try await fixture.call("GET", target("a", of: "k", "&versionId=\(first)")).element("Code")
                == "NoSuchVersion")
        #expect(try await fixture.call("GET", target("a", of: "k", "&versionId=\(second)")).text == "of the second")
    }

    @Test(
        arguments: [CopyTests.Encryption.none, .sseKMS, .dsse], [CopyTests.Encryption.none, .sseKMS, .dsse, .sseC])
    func `a copy has them, or not, as its directive says`(
        from: CopyTests.Encryption, to: CopyTests.Encryption
    ) async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.call("PUT", "/bucket/k", from.write, body: CopyTests.bytes(50_000))
        let long = String(repeating: "x", count: 300_000)
        for (name, text) in [("a", "short"), ("b", long)] { #expect(try await put(fixture, name, text).status == 200) }
        let header = "x-amz-object-annotation-directive"
        let source = [(name: "x-amz-copy-source", value: "/bucket/k")] + to.write
        let copied = try await fixture.call("PUT", "/bucket/copy", source)
        if to == .sseC {
            #expect(copied.element("Code") == "InvalidRequest")
            #expect(try await fixture.call("HEAD", "/bucket/copy").status == 404)
        } else {
            #expect(copied.status == 200, "\(copied.text)")
            #expect(try await names(fixture, of: "copy") == ["a", "b"])
        }
        #expect(try await fixture.call("PUT", "/bucket/bare", source + [(header, "EXCLUDE")]).status == 200)
        #expect(
            try await fixture.call("PUT", "/bucket/none", source + [(header, "KEEP")]).element("Code")
                == "InvalidArgument")
        #expect(try await fixture.call("DELETE", "/bucket/k").status == 204)
        _ = try await fixture.blobCount()
        guard to != .sseC else { return }
        #expect(try await names(fixture, of: "bare") == [])
        #expect(try await fixture.call("GET", target("a", of: "copy")).text == "short")
        #expect(try await fixture.call("GET", target("b", of: "copy")).text == long)
        // Onto itself with other metadata, and over an object that has none.
        let onto =
            [(name: "x-amz-copy-source", value: "/bucket/copy"), ("x-amz-metadata-directive", "REPLACE")] + to.write
        #expect(try await fixture.call("PUT", "/bucket/copy", onto).status == 200)
        _ = try await fixture.blobCount()
        #expect(try await fixture.call("GET", target("b", of: "copy")).text == long)
        #expect(try await fixture.call("PUT", "/bucket/copy", body: [1]).status == 200)
        #expect(try await names(fixture, of: "copy") == [])
        for key in ["copy", "bare"] { #expect(try await fixture.call("DELETE", "/bucket/\(key)").status == 204) }
        #expect(try await fixture.blobCount() == 0)
    }

    @Test func `an object that is locked keeps them`() async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.call("PUT", "/locked", [("x-amz-bucket-object-lock-enabled", "true")])
        let hold = [(name: "x-amz-object-lock-legal-hold", value: "ON")]
        #expect(try await fixture.call("PUT", "/locked/k", hold, body: [1]).status == 200)
        let target = "/locked/k?annotation&annotationName=a"
        #expect(try await fixture.call("PUT", target, body: [0x78]).status == 200)
        #expect(try await fixture.call("DELETE", target).element("Code") == "AccessDenied")
        #expect(try await fixture.call("PUT", target, body: [0x79]).element("Code") == "AccessDenied")
        #expect(try await fixture.call("GET", target).text == "x")
        // It may get others.
        let other = "/locked/k?annotation&annotationName=b"
        #expect(try await fixture.call("PUT", other, body: [0x7A]).status == 200)
        let document = Array("<LegalHold><Status>OFF</Status></LegalHold>".utf8)
        let off = try await fixture.call(
            "PUT", "/locked/k?legal-hold", [("content-md5", Base64.encode(Digest.hash(.md5, document)))], body: document
        )
        #expect(off.status == 200, "\(off.text)")
        #expect(try await fixture.call("PUT", target, body: [0x79]).status == 200)
        #expect(try await fixture.call("GET", target).text == "y")
        #expect(try await fixture.call("DELETE", target).status == 204)
    }
}
