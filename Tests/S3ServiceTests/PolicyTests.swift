import Cryptography
import HTTPServerTesting
import Testing

@Suite struct PolicyTests {
    private static let everything = #"["arn:aws:s3:::bucket","arn:aws:s3:::bucket/*"]"#

    /// A policy of one statement for everybody.
    private static func statement(
        _ effect: String, _ action: String, _ resource: String = everything, _ more: String = ""
    ) -> String {
        #"{"Effect":"\#(effect)","Principal":"*","Action":\#(action),"Resource":\#(resource)\#(more)}"#
    }

    private static func policy(_ statements: String...) -> [UInt8] {
        Array(#"{"Version":"2012-10-17","Statement":[\#(statements.joined(separator: ","))]}"#.utf8)
    }

    private func fixture(_ policy: [UInt8]) async throws -> S3Fixture {
        let fixture = try await S3Fixture()
        #expect(try await fixture.call("PUT", "/bucket/key", body: Array("bytes".utf8)).status == 200)
        let put = try await fixture.call("PUT", "/bucket?policy", body: policy)
        #expect(put.status == 204, "\(put.text)")
        return fixture
    }

    @Test func `a policy is given back as it was put, and is gone when it is deleted`() async throws {
        let policy = Array(
            " \(String(decoding: Self.policy(Self.statement("Allow", #""s3:*""#)), as: UTF8.self))\n".utf8)
        let fixture = try await fixture(policy)
        let got = try await fixture.call("GET", "/bucket?policy=")
        #expect(got.text == String(decoding: policy, as: UTF8.self))
        #expect(got.header("content-type") == "application/json")
        #expect(try await fixture.call("GET", "/bucket?policyStatus").element("IsPublic") == "true")
        #expect(try await fixture.call("DELETE", "/bucket?policy").status == 204)
        #expect(try await fixture.call("GET", "/bucket?policy").element("Code") == "NoSuchBucketPolicy")
        #expect(try await fixture.call("GET", "/bucket?policyStatus").element("IsPublic") == "false")
        #expect(await fixture.callAnonymously("GET", "/bucket/key").status == 403)
    }

    @Test func `a policy that is not understood, or too long, is refused`() async throws {
        let fixture = try await S3Fixture()
        for (policy, code) in [
            ("{}", "MalformedPolicy"), ("", "MalformedPolicy"),
            (#"{"Statement":[\#(Self.statement("Allow", #""s3:GetObjekt""#))]}"#, "MalformedPolicy"),
            (
                #"{"Statement":[\#(Self.statement("Allow", #""s3:*""#, #""arn:aws:s3:::other/*""#))]}"#,
                "MalformedPolicy"
            ),
            (String(repeating: " ", count: 20 << 10) + "{}", "EntityTooLarge"),
        ] {
            let put = try await fixture.call("PUT", "/bucket?policy", body: Array(policy.utf8))
            #expect(put.status == 400 && put.element("Code") == code, "\(put.text)")
        }
        #expect(try await fixture.call("GET", "/bucket?policy").status == 404)
    }

    /// Method, target, body; the action that has to be allowed; on the bucket or its objects.
    @Test(arguments: [
        ("GET", "/bucket/key", "", "s3:GetObject"), ("HEAD", "/bucket/key", "", "s3:GetObject"),
        ("GET", "/bucket/key?versionId=null", "", "s3:GetObjectVersion"),
        ("PUT", "/bucket/new", "x", "s3:PutObject"), ("DELETE", "/bucket/key", "", "s3:DeleteObject"),
        ("DELETE", "/bucket/key?versionId=null", "", "s3:DeleteObjectVersion"),
        ("GET", "/bucket", "", "s3:ListBucket"), ("GET", "/bucket?list-type=2", "", "s3:ListBucket"),
        ("HEAD", "/bucket", "", "s3:ListBucket"), ("GET", "/bucket?location", "", "s3:GetBucketLocation"),
        ("POST", "/bucket/new?uploads", "", "s3:PutObject"),
        ("PUT", "/bucket?policy", #"{"Statement":[]}"#, "s3:PutBucketPolicy"),
        ("GET", "/bucket?policy", "", "s3:GetBucketPolicy"), ("DELETE", "/bucket?policy", "", "s3:DeleteBucketPolicy"),
        ("GET", "/bucket?policyStatus", "", "s3:GetBucketPolicyStatus"),
        ("GET", "/bucket?encryption", "", "s3:GetEncryptionConfiguration"),
        ("DELETE", "/bucket?encryption", "", "s3:PutEncryptionConfiguration"),
        ("GET", "/bucket?publicAccessBlock", "", "s3:GetBucketPublicAccessBlock"),
        ("DELETE", "/bucket?publicAccessBlock", "", "s3:PutBucketPublicAccessBlock"),
        ("GET", "/bucket?ownershipControls", "", "s3:GetBucketOwnershipControls"),
        ("DELETE", "/bucket?ownershipControls", "", "s3:PutBucketOwnershipControls"),
    ])
    func `a request without a signature may do what the policy allows, and no more`(
        method: String, target: String, body: String, action: String
    ) async throws {
        let others = Self.policy(
            #"{"Effect":"Allow","Principal":"*","NotAction":"\#(action)","Resource":\#(Self.everything)}"#)
        let refused = try await fixture(others).callAnonymously(method, target, body: Array(body.utf8))
        #expect(refused.status == 403)
        let allowed = try await fixture(Self.policy(Self.statement("Allow", #""\#(action)""#)))
            .callAnonymously(method, target, body: Array(body.utf8))
        #expect(allowed.status != 403, "\(allowed.text)")
    }

    @Test func `several deletions are allowed one by one`() async throws {
        let fixture = try await fixture(
            Self.policy(Self.statement("Allow", #""s3:DeleteObject""#, #""arn:aws:s3:::bucket/k*""#)))
        _ = try await fixture.call("PUT", "/bucket/other", body: [1])
        let document = Array("<Delete><Object><Key>key</Key></Object><Object><Key>other</Key></Object></Delete>".utf8)
        let checked = (name: "content-md5", value: Base64.encode(Digest.hash(.md5, document)))
        let answer = await fixture.callAnonymously("POST", "/bucket?delete", [checked], body: document)
        #expect(
            answer.elements("Code") == ["AccessDenied"] && answer.elements("Key") == ["key", "other"], "\(answer.text)")
        #expect(try await fixture.call("HEAD", "/bucket/key").status == 404)
        #expect(try await fixture.call("HEAD", "/bucket/other").status == 200)
        // Where nothing could be allowed, the list is not even read.
        _ = try await fixture.call("DELETE", "/bucket?policy")
        #expect(
            await fixture.callAnonymously("POST", "/bucket?delete", [checked], body: document).element("Code")
                == "AccessDenied")
    }

    @Test func `who may not list does not learn what is absent`() async throws {
        let get = Self.statement("Allow", #""s3:GetObject""#, #""arn:aws:s3:::bucket/*""#)
        let list = Self.statement(
            "Allow", #""s3:ListBucket""#, #""arn:aws:s3:::bucket""#,
            #","Condition":{"StringLike":{"s3:prefix":"public/*"}}"#)
        let fixture = try await fixture(Self.policy(get, list))
        #expect(await fixture.callAnonymously("GET", "/bucket/absent").element("Code") == "AccessDenied")
        #expect(await fixture.callAnonymously("HEAD", "/bucket/absent").status == 403)
        #expect(await fixture.callAnonymously("GET", "/bucket/public/absent").element("Code") == "NoSuchKey")
        #expect(await fixture.callAnonymously("GET", "/absent/absent").element("Code") == "NoSuchBucket")
        #expect(await fixture.callAnonymously("PUT", "/absent").element("Code") == "AccessDenied")
        #expect(await fixture.callAnonymously("GET", "/").element("Code") == "AccessDenied")
    }

    @Test func `a listing is judged by the parameters that count`() async throws {
        let list = Self.statement(
            "Allow", #""s3:ListBucket""#, #""arn:aws:s3:::bucket""#,
            #","Condition":{"StringEquals":{"s3:prefix":"public/"},"NumericLessThanEquals":{"s3:max-keys":"10"}}"#)
        let fixture = try await fixture(Self.policy(list))
        for (query, expected) in [
            ("prefix=public/&max-keys=10", 200), ("prefix=public%2F&max-keys=10&list-type=2", 200),
            ("prefix=public/", 403), ("max-keys=10", 403), ("prefix=public/&max-keys=11", 403),
            ("prefix=public/&prefix=private/&max-keys=10", 403), ("prefix=private/&prefix=public/&max-keys=10", 200),
        ] {
            #expect(await fixture.callAnonymously("GET", "/bucket?\(query)").status == expected, "\(query)")
        }
    }

    @Test func `root is refused what is forbidden, but for the policy itself`() async throws {
        let fixture = try await fixture(Self.policy(Self.statement("Deny", #""s3:*""#)))
        let refused = try await fixture.call("GET", "/bucket/key")
        #expect(refused.status == 403)
        #expect(refused.element("Message").hasPrefix("User: arn:aws:iam::000000000000:root is not authorized"))
        #expect(refused.element("Message").hasSuffix("with an explicit deny in a resource-based policy"))
        #expect(try await fixture.call("PUT", "/bucket/new", body: [1]).status == 403)
        #expect(try await fixture.call("DELETE", "/bucket").status == 403)
        #expect(try await fixture.call("GET", "/bucket?policy").status == 200)
        #expect(
            try await fixture.call("PUT", "/bucket?policy", body: Self.policy(Self.statement("Deny", #""s3:Put*""#)))
                .status == 204)
        #expect(try await fixture.call("GET", "/bucket/key").status == 200)
        #expect(try await fixture.call("DELETE", "/bucket?policy").status == 204)
        #expect(try await fixture.call("PUT", "/bucket/new", body: [1]).status == 200)
    }

    @Test func `a condition sees a header only where S3 looks at it`() async throws {
        let condition = #","Condition":{"StringEquals":{"s3:x-amz-storage-class":"STANDARD"}}"#
        let fixture = try await fixture(Self.policy(Self.statement("Allow", #""s3:*""#, Self.everything, condition)))
        let header = (name: "x-amz-storage-class", value: "STANDARD")
        #expect(await fixture.callAnonymously("PUT", "/bucket/new", [header], body: [1]).status == 200)
        #expect(await fixture.callAnonymously("PUT", "/bucket/new", body: [1]).status == 403)
        #expect(await fixture.callAnonymously("GET", "/bucket/key", [header]).status == 403)
    }

    @Test func `tags of the object and of the request decide`() async throws {
        let existing = #","Condition":{"StringEquals":{"s3:ExistingObjectTag/security":"public"}}"#
        let requested = #","Condition":{"StringEquals":{"s3:RequestObjectTag/security":"public"}}"#
        let fixture = try await fixture(
            Self.policy(
                Self.statement(
                    "Allow", #""s3:GetObject""#, Self.everything, existing),
                Self.statement(
                    "Allow", #"["s3:PutObject","s3:PutObjectTagging"]"#, #""arn:aws:s3:::bucket/*""#, requested)))
        #expect(await fixture.callAnonymously("GET", "/bucket/key").status == 403)
        for (tags, expected) in [("security=public&a=b", 200), ("security=private", 403), ("a=security", 403)] {
            let header = (name: "x-amz-tagging", value: tags)
            #expect(
                await fixture.callAnonymously("PUT", "/bucket/new", [header], body: [1]).status == expected, "\(tags)")
            #expect(try await fixture.call("PUT", "/bucket/key", [header], body: [1]).status == 200)
            #expect(await fixture.callAnonymously("GET", "/bucket/key").status == expected, "\(tags)")
            #expect(await fixture.callAnonymously("HEAD", "/bucket/key").status == expected, "\(tags)")
        }
        #expect(await fixture.callAnonymously("GET", "/bucket/absent").status == 403)
    }

    @Test func `encryption is demanded of the request's own headers`() async throws {
        let missing = #","Condition":{"Null":{"s3:x-amz-server-side-encryption":"true"}}"#
        let fixture = try await fixture(
            Self.policy(Self.statement("Deny", #""s3:PutObject""#, #""arn:aws:s3:::bucket/*""#, missing)))
        #expect(try await fixture.call("PUT", "/bucket/new", body: [1]).status == 403)
        #expect(
            try await fixture.call("PUT", "/bucket/new", [("x-amz-server-side-encryption", "AES256")], body: [1]).status
                == 200)
        #expect(try await fixture.call("POST", "/bucket/new?uploads").status == 403)
    }

    @Test func `who may list learns what is absent, and who may not write nothing else`() async throws {
        let list = Self.statement("Allow", #""s3:ListBucket""#, #""arn:aws:s3:::bucket""#)
        let fixture = try await fixture(Self.policy(list))
        #expect(await fixture.callAnonymously("HEAD", "/bucket/absent").status == 404)
        #expect(await fixture.callAnonymously("HEAD", "/bucket/key").status == 403)
        let unknown = (name: "x-amz-server-side-encryption", value: "AES192")
        #expect(await fixture.callAnonymously("PUT", "/bucket/new", [unknown], body: [1]).status == 403)
        #expect(try await fixture.call("PUT", "/bucket/new", [unknown], body: [1]).status == 400)
    }

    @Test func `nobody anonymous writes under a key of the key service's`() async throws {
        let fixture = try await fixture(Self.policy(Self.statement("Allow", #""s3:*""#)))
        let sent = await fixture.callAnonymously(
            "PUT", "/bucket/new", [("x-amz-server-side-encryption", "aws:kms")], body: [1])
        #expect(sent.status == 400 && sent.element("Code") == "InvalidArgument")
        #expect(try await fixture.call("HEAD", "/bucket/new").status == 404)
    }
}
