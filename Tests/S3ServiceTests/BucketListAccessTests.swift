import HTTPServerTesting
import S3Protocol
import Testing

/// Which buckets ListBuckets shows to whom.
@Suite struct BucketListAccessTests {
    private static func names(_ answer: MemoryResponse) -> [String] {
        answer.text.split(separator: "<Name>").dropFirst().map { String($0.prefix { $0 != "<" }) }
    }

    @Test func `a user sees the buckets that it may list, and no others`() async throws {
        let fixture = try await S3Fixture()
        for name in ["own-1", "own-2", "own-3", "other", "located"] {
            #expect(try await fixture.call("PUT", "/\(name)").status == 200)
        }
        try await fixture.addPolicy(
            "own",
            #"""
            {"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::own-*"},
            {"Effect":"Allow","Action":"s3:GetBucketLocation","Resource":"arn:aws:s3:::located"},
            {"Effect":"Deny","Action":"s3:ListBucket","Resource":"arn:aws:s3:::own-3"}
            """#)
        let user = try await fixture.addUser("user", "own")
        let all = try await fixture.call(by: user, "GET", "/")
        #expect(all.status == 200, "\(all.text)")
        #expect(Self.names(all) == ["located", "own-1", "own-2"])
        let first = try await fixture.call(by: user, "GET", "/?max-buckets=2")
        #expect(Self.names(first) == ["located", "own-1"])
        let token = first.element("ContinuationToken")
        let second = try await fixture.call(by: user, "GET", "/?max-buckets=2&continuation-token=\(token)")
        #expect(Self.names(second) == ["own-2"] && second.element("ContinuationToken").isEmpty)
        #expect(Self.names(try await fixture.call(by: user, "GET", "/?prefix=own")) == ["own-1", "own-2"])
    }

    @Test func `only keys below a prefix are no list of the bucket`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.addPolicy(
            "below",
            #"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{"StringLike":{"s3:prefix":"a/*"}}}"#
        )
        let user = try await fixture.addUser("user", "below")
        #expect(try await fixture.call(by: user, "GET", "/").status == 403)
    }

    @Test func `whom it is forbidden, and who has no account, sees none`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.addPolicy("no", #"{"Effect":"Deny","Action":"s3:ListAllMyBuckets","Resource":"*"}"#)
        let forbidden = try await fixture.addUser("forbidden", "readwrite", "no")
        let none = try await fixture.addUser("none")
        #expect(try await fixture.call(by: forbidden, "GET", "/").status == 403)
        #expect(try await fixture.call(by: none, "GET", "/").status == 403)
        let policy = """
            {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:ListBucket",
            "Resource":"arn:aws:s3:::bucket"}]}
            """
        #expect(try await fixture.call("PUT", "/bucket?policy", body: Array(policy.utf8)).status == 204)
        #expect(await fixture.callAnonymously("GET", "/").status == 403)
        #expect(try await fixture.call(by: forbidden, "GET", "/").status == 403)
        // It may list this one, as everybody may.
        #expect(Self.names(try await fixture.call(by: none, "GET", "/")) == ["bucket"])
    }
}
