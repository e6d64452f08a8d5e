import HTTPServerTesting
import Testing

/// MinIO's deletion of a bucket or a key with everything in it.
@Suite struct ForceDeleteTests {
    private static let force = (name: "x-minio-force-delete", value: "true")

    private func keys(_ fixture: S3Fixture) async throws -> [String] {
        try await fixture.call("GET", "/bucket?list-type=2").elements("Key")
    }

    @Test func `a key goes with those below it, and no other`() async throws {
        let fixture = try await S3Fixture()
        for key in ["a", "a!", "a/", "a/b", "a/c/d", "a0", "ab", "b"] {
            #expect(try await fixture.call("PUT", "/bucket/\(key)", body: [1]).status == 200)
        }
        try await fixture.upload("a/parts", parts: [[1]])
        #expect(try await fixture.call("DELETE", "/bucket/a/c/", [Self.force]).status == 204)
        #expect(try await keys(fixture) == ["a", "a!", "a/", "a/b", "a/parts", "a0", "ab", "b"])
        #expect(try await fixture.call("DELETE", "/bucket/a", [Self.force]).status == 204)
        #expect(try await keys(fixture) == ["a!", "a0", "ab", "b"])
        #expect(try await fixture.call("DELETE", "/bucket/absent", [Self.force]).status == 204)
    }

    @Test func `a bucket goes with all that it holds`() async throws {
        let fixture = try await S3Fixture()
        for number in 0..<600 {
            #expect(try await fixture.call("PUT", "/bucket/\(number)", body: [1]).status == 200)
        }
        #expect(try await fixture.call("POST", "/bucket/k?uploads").status == 200)
        #expect(try await fixture.call("DELETE", "/bucket").status == 409)
        #expect(try await fixture.call("DELETE", "/bucket", [Self.force]).status == 204)
        #expect(try await fixture.call("HEAD", "/bucket").status == 404)
        #expect(try await fixture.call("PUT", "/bucket").status == 200)
        #expect(try await keys(fixture).isEmpty)
    }

    @Test func `what is not asked for in so many words is not done`() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.call("PUT", "/bucket/a/b", body: [1]).status == 200)
        for (target, headers) in [
            ("/bucket", [(name: Self.force.name, value: "false")]), ("/bucket/a", [(Self.force.name, "yes")]),
            ("/bucket/a", [Self.force, ("if-match", "\"x\"")]), ("/bucket/a?versionId=null", [Self.force]),
        ] {
            let refused = try await fixture.call("DELETE", target, headers)
            #expect(refused.status == 400 || refused.status == 501, "\(target)")
        }
        #expect(try await fixture.call("DELETE", "/bucket?cors", [Self.force]).status == 204)
        #expect(try await keys(fixture) == ["a/b"])
    }

    @Test func `nothing is forced where objects are locked`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.makeLockedBucket()
        let version = try await fixture.putLocked("k")
        for target in ["/locked", "/locked/k"] {
            #expect(try await fixture.call("DELETE", target, [Self.force]).status == 405)
        }
        #expect(try await fixture.call("GET", "/locked/k?versionId=\(version)").body == [1])
    }
}
