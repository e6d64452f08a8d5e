import HTTPServerTesting
import S3Service
import Testing

/// MinIO's exclusion of prefixes and folders from a bucket's versioning, as clients meet it.
@Suite struct ExcludedPrefixTests {
    private func put(_ fixture: S3Fixture, _ content: String, in bucket: String = "bucket") async throws
        -> MemoryResponse
    {
        try await fixture.call(
            "PUT", "/\(bucket)?versioning",
            body: Array("<VersioningConfiguration>\(content)</VersioningConfiguration>".utf8))
    }

    private static func prefixes(_ names: some Sequence<String>) -> String {
        names.map { "<ExcludedPrefixes><Prefix>\($0)</Prefix></ExcludedPrefixes>" }.joined()
    }

    private static let excluding =
        "<Status>Enabled</Status>" + prefixes(["tmp/", "jobs/*/_temporary/"])
        + "<ExcludeFolders>true</ExcludeFolders>"

    @Test func `the document is kept as it was put, and goes with the next one`() async throws {
        let fixture = try await S3Fixture()
        #expect(try await put(fixture, Self.excluding).status == 200)
        let got = try await fixture.call("GET", "/bucket?versioning")
        #expect(got.element("Status") == "Enabled" && got.element("ExcludeFolders") == "true")
        #expect(got.elements("Prefix") == ["tmp/", "jobs/*/_temporary/"])
        for content in ["<Status>Enabled</Status>", "<Status>Suspended</Status>"] {
            #expect(try await put(fixture, Self.excluding).status == 200)
            #expect(try await put(fixture, content).status == 200)
            let plain = try await fixture.call("GET", "/bucket?versioning")
            #expect(plain.elements("Prefix") == [] && plain.elements("ExcludeFolders") == [])
        }
    }

    @Test func `bad exclusions are refused, and those of locked buckets`() async throws {
        let fixture = try await S3Fixture()
        let enabled = "<Status>Enabled</Status>"
        let long = String(repeating: "p", count: 1025)
        for (content, status, code) in [
            (enabled + Self.prefixes((0..<11).map { "p\($0)/" }), 400, "InvalidArgument"),
            (enabled + Self.prefixes([""]), 400, "InvalidArgument"),
            (enabled + Self.prefixes([long]), 400, "InvalidArgument"),
            (enabled + "<ExcludeFolders>maybe</ExcludeFolders>", 400, "MalformedXML"),
            ("<Status>Suspended</Status>" + Self.prefixes(["a"]), 400, "InvalidArgument"),
            ("<Status>Suspended</Status><ExcludeFolders>true</ExcludeFolders>", 400, "InvalidArgument"),
            (Self.prefixes(["a"]), 400, "MalformedXML"),
        ] {
            let answer = try await put(fixture, content)
            #expect(answer.status == status && answer.element("Code") == code, "\(content): \(answer.text)")
        }
        #expect(try await put(fixture, enabled + "<ExcludedPrefixes></ExcludedPrefixes>").status == 200)
        #expect(try await fixture.call("GET", "/bucket?versioning").elements("Prefix") == [])

        _ = try await fixture.call("PUT", "/locked", [("x-amz-bucket-object-lock-enabled", "true")])
        for content in [enabled + Self.prefixes(["a"]), enabled + "<ExcludeFolders>true</ExcludeFolders>"] {
            let refused = try await put(fixture, content, in: "locked")
            #expect(refused.status == 400 && refused.element("Code") == "InvalidRequest", "\(refused.text)")
        }
        #expect(try await put(fixture, enabled, in: "locked").status == 200)
        // And what is excluded keeps a bucket from being locked.
        #expect(try await put(fixture, Self.excluding).status == 200)
        let lock = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>"
        let refused = try await fixture.call("PUT", "/bucket?object-lock", body: Array(lock.utf8))
        #expect(refused.status == 409 && refused.element("Code") == "InvalidBucketState", "\(refused.text)")
    }

    @Test(arguments: ["tmp/a", "jobs/7/_temporary/a", "folder/"])
    func `an excluded object has a null version alone, however it is written`(key: String) async throws {
        let fixture = try await S3Fixture()
        #expect(try await put(fixture, Self.excluding).status == 200)
        _ = try await fixture.call("PUT", "/bucket/source", body: [9])
        let target = "/bucket/\(key)"
        for _ in 0..<2 {
            #expect(try await fixture.call("PUT", target, body: [1]).header("x-amz-version-id") == nil)
            let copied = try await fixture.call("PUT", target, [("x-amz-copy-source", "/bucket/source")])
            #expect(copied.status == 200 && copied.header("x-amz-version-id") == nil)
            try await fixture.upload(key, parts: [[4, 5]])
        }
        let got = try await fixture.call("GET", target)
        #expect(got.body == [4, 5] && got.header("x-amz-version-id") == "null")
        let listed = try await fixture.call("GET", "/bucket?versions&prefix=\(key)")
        #expect(listed.elements("VersionId") == ["null"])
        // As in a bucket whose versioning is suspended, a delete marker takes its place.
        let deleted = try await fixture.call("DELETE", target)
        #expect(deleted.header("x-amz-delete-marker") == "true" && deleted.header("x-amz-version-id") == "null")
        #expect(try await fixture.call("GET", target).status == 404)
        #expect(
            try await fixture.call("GET", "/bucket?versions&prefix=\(key)").elements("VersionId") == ["null"])
        #expect(try await fixture.call("DELETE", target + "?versionId=null").status == 204)
        // Others have versions as ever.
        for _ in 0..<2 {
            #expect(try await fixture.call("PUT", "/bucket/kept", body: [1]).header("x-amz-version-id") != nil)
        }
        #expect(try await fixture.call("GET", "/bucket?versions&prefix=kept").elements("VersionId").count == 2)
    }

    @Test func `versions from before stay, and what comes afterwards is one again`() async throws {
        let fixture = try await S3Fixture()
        #expect(try await put(fixture, "<Status>Enabled</Status>").status == 200)
        let first = try #require(try await fixture.put("tmp/a", 1))
        #expect(try await put(fixture, Self.excluding).status == 200)
        for byte in [UInt8(2), 3] { #expect(try await fixture.put("tmp/a", byte) == nil) }
        #expect(try await fixture.call("GET", "/bucket/tmp/a").body == [3])
        #expect(try await fixture.call("GET", "/bucket/tmp/a?versionId=\(first)").body == [1])
        #expect(try await put(fixture, "<Status>Enabled</Status>").status == 200)
        let last = try #require(try await fixture.put("tmp/a", 4))
        let listed = try await fixture.call("GET", "/bucket?versions")
        #expect(listed.elements("VersionId") == [last, "null", first])
        #expect(try await fixture.call("GET", "/bucket/tmp/a?versionId=null").body == [3])
    }
}
