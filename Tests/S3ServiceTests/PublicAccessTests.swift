import HTTPServerTesting
import Testing

@Suite struct PublicAccessTests {
    private static let open = Array(
        #"""
        {"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}]}
        """#.utf8)

    private static func block(_ flag: String) -> [UInt8] {
        Array("<PublicAccessBlockConfiguration><\(flag)>true</\(flag)></PublicAccessBlockConfiguration>".utf8)
    }

    @Test func `a block is given back, and gone when it is deleted`() async throws {
        let fixture = try await S3Fixture()
        #expect(
            try await fixture.call("GET", "/bucket?publicAccessBlock").element("Code")
                == "NoSuchPublicAccessBlockConfiguration")
        #expect(
            try await fixture.call("PUT", "/bucket?publicAccessBlock", body: Self.block("IgnorePublicAcls")).status
                == 200)
        let got = try await fixture.call("GET", "/bucket?publicAccessBlock")
        #expect(got.element("IgnorePublicAcls") == "true" && got.element("RestrictPublicBuckets") == "false")
        #expect(try await fixture.call("DELETE", "/bucket?publicAccessBlock").status == 204)
        #expect(try await fixture.call("GET", "/bucket?publicAccessBlock").status == 404)
        let wrong = try await fixture.call("PUT", "/bucket?publicAccessBlock", body: Self.block("BlockPublicACLs"))
        #expect(wrong.element("Code") == "MalformedXML")
    }

    @Test func `a public policy is not put where it is blocked, and one that is not public is`() async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.call("PUT", "/bucket?publicAccessBlock", body: Self.block("BlockPublicPolicy"))
        #expect(try await fixture.call("PUT", "/bucket?policy", body: Self.open).element("Code") == "AccessDenied")
        #expect(try await fixture.call("GET", "/bucket?policy").status == 404)
        let named = String(decoding: Self.open, as: UTF8.self).replacing(
            #""*","Action"#, with: #"{"AWS":"arn:aws:iam::111122223333:root"},"Action"#)
        #expect(try await fixture.call("PUT", "/bucket?policy", body: Array(named.utf8)).status == 204)
    }

    @Test func `a public policy lets in nobody where public buckets are restricted`() async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.call("PUT", "/bucket/key", body: [1])
        _ = try await fixture.call("PUT", "/bucket?policy", body: Self.open)
        #expect(await fixture.callAnonymously("GET", "/bucket/key").status == 200)
        _ = try await fixture.call("PUT", "/bucket?publicAccessBlock", body: Self.block("RestrictPublicBuckets"))
        #expect(await fixture.callAnonymously("GET", "/bucket/key").status == 403)
        #expect(try await fixture.call("GET", "/bucket/key").status == 200)
    }

    @Test(arguments: ["public-read", "public-read-write", "authenticated-read"])
    func `a public access control list is refused where it is blocked`(list: String) async throws {
        let fixture = try await S3Fixture()
        let header = (name: "x-amz-acl", value: list)
        #expect(try await fixture.call("PUT", "/bucket/key", [header], body: [1]).status == 200)
        _ = try await fixture.call("PUT", "/bucket?publicAccessBlock", body: Self.block("BlockPublicAcls"))
        #expect(try await fixture.call("PUT", "/bucket/key", [header], body: [1]).element("Code") == "AccessDenied")
        #expect(try await fixture.call("PUT", "/bucket/key", [("x-amz-acl", "private")], body: [1]).status == 200)
    }

    @Test func `ownership is stored, and with the bucket's owner enforced lists are refused`() async throws {
        let fixture = try await S3Fixture()
        #expect(
            try await fixture.call("GET", "/bucket?ownershipControls").element("Code")
                == "OwnershipControlsNotFoundError")
        for ownership in ["ObjectWriter", "BucketOwnerPreferred", "BucketOwnerEnforced"] {
            let body =
                "<OwnershipControls><Rule><ObjectOwnership>\(ownership)</ObjectOwnership></Rule></OwnershipControls>"
            #expect(try await fixture.call("PUT", "/bucket?ownershipControls", body: Array(body.utf8)).status == 200)
            #expect(try await fixture.call("GET", "/bucket?ownershipControls").element("ObjectOwnership") == ownership)
            let sent = try await fixture.call("PUT", "/bucket/key", [("x-amz-acl", "public-read")], body: [1])
            #expect(sent.status == (ownership == "BucketOwnerEnforced" ? 400 : 200))
        }
        #expect(try await fixture.call("DELETE", "/bucket?ownershipControls").status == 204)
        #expect(try await fixture.call("GET", "/bucket?ownershipControls").status == 404)
        let wrong = "<OwnershipControls><Rule><ObjectOwnership>Me</ObjectOwnership></Rule></OwnershipControls>"
        #expect(
            try await fixture.call("PUT", "/bucket?ownershipControls", body: Array(wrong.utf8)).element("Code")
                == "MalformedXML")
        #expect(
            try await fixture.call("PUT", "/made", [("x-amz-object-ownership", "BucketOwnerEnforced")]).status == 200)
        #expect(
            try await fixture.call("GET", "/made?ownershipControls").element("ObjectOwnership") == "BucketOwnerEnforced"
        )
        #expect(try await fixture.call("PUT", "/other", [("x-amz-object-ownership", "Me")]).status == 400)
    }
}
