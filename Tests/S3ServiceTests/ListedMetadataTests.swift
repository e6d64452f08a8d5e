import HTTPServerTesting
import Testing

/// MinIO's `metadata=true`: listings that show what HEAD of each object would.
@Suite struct ListedMetadataTests {
    @Test func `objects are listed with their metadata, tags and encryption`() async throws {
        let fixture = try await S3Fixture()
        let headers = [
            (name: "x-amz-meta-some-name", value: "a <b>"), ("x-amz-meta-under_score", "c"),
            ("content-type", "text/x"), ("cache-control", "no-store"), ("x-amz-tagging", "k%20=v%2B&l="),
            ("x-amz-server-side-encryption", "aws:kms"), ("x-amz-meta-odd!", "left out"),
        ]
        #expect(try await fixture.call("PUT", "/bucket/k", headers, body: [1]).status == 200)
        #expect(
            try await fixture.call("PUT", "/bucket/s", CustomerKeys.headers(1) + headers.prefix(1), body: [1]).status
                == 200)
        for query in ["list-type=2&metadata=true", "metadata=true"] {
            let listed = try await fixture.call("GET", "/bucket?\(query)")
            #expect(listed.status == 200)
            #expect(listed.elements("X-Amz-Meta-Some-Name") == ["a &lt;b&gt;"])
            #expect(listed.element("X-Amz-Meta-Under_score") == "c")
            #expect(listed.element("content-type") == "text/x" && listed.element("cache-control") == "no-store")
            #expect(listed.element("X-Amz-Server-Side-Encryption") == "aws:kms")
            #expect(listed.element("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id") == "key")
            #expect(listed.element("X-Amz-Server-Side-Encryption-Customer-Algorithm") == "AES256")
            #expect(listed.element("UserTags") == "k%20=v%2B&amp;l=")
            #expect(!listed.text.contains("left out") && listed.elements("UserMetadata").count == 2)
        }
        #expect(try await fixture.call("GET", "/bucket?list-type=2").elements("UserMetadata") == [])
    }

    @Test func `versions are listed with theirs, to who may read them`() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.setVersioning("Enabled") == 200)
        for value in ["one", "two"] {
            let headers = [(name: "x-amz-meta-name", value: value), ("x-amz-tagging", "t=\(value)")]
            #expect(try await fixture.call("PUT", "/bucket/k", headers, body: [1]).status == 200)
        }
        #expect(try await fixture.call("DELETE", "/bucket/k").status == 204)
        let listed = try await fixture.call("GET", "/bucket?versions&metadata=true")
        #expect(
            listed.elements("X-Amz-Meta-Name") == ["two", "one"] && listed.elements("UserTags") == ["t=two", "t=one"])
        #expect(listed.elements("DeleteMarker").count == 1 && listed.elements("UserMetadata").count == 2)
        #expect(try await fixture.call("GET", "/bucket?versions").elements("UserMetadata") == [])
        try await fixture.addPolicy(
            "list",
            #"{"Effect":"Allow","Action":["s3:ListBucketVersions","s3:GetObject"],"Resource":"arn:aws:s3:::*"}"#)
        let lister = try await fixture.addUser("lister", "list")
        let withheld = try await fixture.call(by: lister, "GET", "/bucket?versions&metadata=true")
        #expect(withheld.status == 200 && withheld.elements("VersionId").count == 3)
        #expect(withheld.elements("UserMetadata") == [])
        for _ in 0..<250 { try await fixture.put("many") }
        #expect(try await fixture.call("GET", "/bucket?versions&metadata=true").elements("VersionId").count == 200)
    }

    @Test func `pages of it are shorter, and have everything`() async throws {
        let fixture = try await S3Fixture()
        for number in 0..<250 { _ = try await fixture.call("PUT", "/bucket/k\(1000 + number)", body: [1]) }
        let first = try await fixture.call("GET", "/bucket?list-type=2&metadata=true")
        #expect(first.elements("Key").count == 200 && first.element("IsTruncated") == "true")
        let token = first.element("NextContinuationToken")
        let second = try await fixture.call("GET", "/bucket?list-type=2&metadata=true&continuation-token=\(token)")
        #expect(second.elements("Key").count == 50 && second.elements("Internal").count == 50)
    }

    @Test func `optional attributes are accepted`() async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.call("PUT", "/bucket/k", body: [1])
        let headers = [(name: "x-amz-optional-object-attributes", value: "RestoreStatus")]
        for query in ["", "?list-type=2", "?versions"] {
            let listed = try await fixture.call("GET", "/bucket\(query)", headers)
            #expect(listed.status == 200 && listed.elements("Key") == ["k"] && listed.elements("RestoreStatus") == [])
        }
    }
}
