import AccessPolicy
import Accounts
import Cryptography
import HTTPServerTesting
import S3Protocol
import Testing

@Suite struct AccountAccessTests {
    @Test func `a user may do what its policies say`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.put("k")
        let none = try await fixture.addUser("none")
        let reader = try await fixture.addUser("reader", "readonly")
        let writer = try await fixture.addUser("writer", "writeonly")
        let both = try await fixture.addUser("both", "readwrite")
        let console = try await fixture.addUser("console", "consoleAdmin")
        let calls: [(String, String, [SigV4Signer])] = [
            ("GET", "/bucket/k", [reader, both, console]), ("PUT", "/bucket/new", [writer, both, console]),
            ("GET", "/bucket?list-type=2", [both, console]), ("GET", "/", [reader, both, console]),
            ("DELETE", "/bucket/new", [both, console]), ("PUT", "/bucket2", [both, console]),
            ("GET", "/bucket?policy", [both, console]),
        ]
        for (method, target, allowed) in calls {
            for signer in [none, reader, writer, both, console] {
                let status = try await fixture.call(by: signer, method, target).status
                let isAllowed = allowed.contains { $0.accessKey == signer.accessKey }
                #expect((status != 403) == isAllowed, "\(signer.accessKey) \(method) \(target): \(status)")
            }
        }
    }

    @Test func `nobody learns of an object that it may not read`() async throws {
        let fixture = try await S3Fixture()
        let reader = try await fixture.addUser("reader", "readonly")
        let both = try await fixture.addUser("both", "readwrite")
        #expect(try await fixture.call(by: reader, "GET", "/bucket/absent").status == 403)
        #expect(try await fixture.call(by: both, "GET", "/bucket/absent").status == 404)
    }

    @Test func `a bucket's policy gives a user rights and takes them`() async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.put("k")
        let none = try await fixture.addUser("none")
        let both = try await fixture.addUser("both", "readwrite")
        func setPolicy(_ effect: String, _ principal: String) async throws {
            let policy = """
                {"Statement":[{"Effect":"\(effect)","Principal":{"AWS":"\(principal)"},"Action":"s3:GetObject",
                "Resource":"arn:aws:s3:::bucket/*"}]}
                """
            #expect(try await fixture.call("PUT", "/bucket?policy", body: Array(policy.utf8)).status == 204)
        }
        func status(_ signer: SigV4Signer) async throws -> Int {
            try await fixture.call(by: signer, "GET", "/bucket/k").status
        }
        try await setPolicy("Allow", "arn:aws:iam:::user/none")
        #expect(try await (status(none), status(both)) == (200, 200))
        try await setPolicy("Allow", "arn:aws:iam:::user/other")
        #expect(try await (status(none), status(both)) == (403, 200))
        try await setPolicy("Deny", "*")
        #expect(try await (status(none), status(both)) == (403, 403))
        let refusal = try await fixture.call(by: both, "GET", "/bucket/k").text
        #expect(refusal.contains("user/both") && refusal.contains("explicit deny in a resource-based policy"))
    }

    @Test func `a session has its user's rights, narrowed by its policy`() async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.addUser("ann", "readwrite")
        var request = SessionRequest(owner: .user(AccountName("ann")), duration: 900)
        request.policy = try IdentityPolicy(
            Array(
                #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::bucket/${aws:username}/*"}]}"#
                    .utf8))
        let session = try await fixture.accounts.addSession(request, at: 1_900_000_000_000)
        let signer = SigV4Signer(accessKey: session.accessKey, secretKey: session.secret)
        func status(_ method: String, _ target: String, token: String?) async throws -> (Int, String) {
            let answer = try await fixture.call(by: signer, token: token, method, target)
            return (answer.status, answer.element("Code"))
        }
        #expect(try await status("PUT", "/bucket/ann/x", token: session.token) == (200, ""))
        #expect(try await status("PUT", "/bucket/bob/x", token: session.token) == (403, "AccessDenied"))
        #expect(try await status("GET", "/bucket/ann/x", token: session.token) == (403, "AccessDenied"))
        #expect(try await status("PUT", "/bucket/ann/x", token: nil) == (403, "InvalidTokenId"))
        #expect(try await status("PUT", "/bucket/ann/x", token: "x.y.z") == (403, "InvalidTokenId"))
    }

    @Test func `keys of the key service can be taken from a user`() async throws {
        let fixture = try await S3Fixture()
        let kms = [(name: "x-amz-server-side-encryption", value: "aws:kms")]
        try await fixture.addPolicy(
            "nokey",
            #"{"Effect":"Deny","Action":["kms:GenerateDataKey","kms:Decrypt"],"Resource":"arn:minio:kms:::key"}"#)
        try await fixture.addPolicy(
            "other", #"{"Effect":"Deny","Action":"kms:*","Resource":"arn:minio:kms:::other*"}"#)
        let both = try await fixture.addUser("both", "readwrite", "other")
        let without = try await fixture.addUser("without", "readwrite", "nokey")
        #expect(try await fixture.call(by: both, "PUT", "/bucket/k", kms).status == 200)
        #expect(try await fixture.call(by: both, "GET", "/bucket/k").status == 200)
        #expect(try await fixture.call(by: without, "PUT", "/bucket/k2", kms).status == 403)
        #expect(try await fixture.call(by: without, "POST", "/bucket/k2?uploads", kms).status == 403)
        #expect(try await fixture.call(by: without, "GET", "/bucket/k").status == 403)
        #expect(try await fixture.call(by: without, "HEAD", "/bucket/k").status == 403)
        let copy = [(name: "x-amz-copy-source", value: "/bucket/k")]
        #expect(try await fixture.call(by: without, "PUT", "/bucket/k3", copy).status == 403)
        #expect(try await fixture.call(by: without, "PUT", "/bucket/k3").status == 200)
        #expect(try await fixture.call(by: without, "GET", "/bucket/k3").status == 200)
    }

    @Test func `tags decide for users as for everyone`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.addPolicy(
            "tagged",
            #"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"s3:ExistingObjectTag/team":"${aws:username}"}}}"#
        )
        let ann = try await fixture.addUser("ann", "tagged")
        _ = try await fixture.put("own", [("x-amz-tagging", "team=ann")])
        _ = try await fixture.put("other", [("x-amz-tagging", "team=bob")])
        _ = try await fixture.put("none")
        #expect(try await fixture.call(by: ann, "GET", "/bucket/own").status == 200)
        #expect(try await fixture.call(by: ann, "GET", "/bucket/other").status == 403)
        #expect(try await fixture.call(by: ann, "GET", "/bucket/none").status == 403)
    }

    @Test func `deleting many is judged object by object`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.addPolicy(
            "own", #"{"Effect":"Allow","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::bucket/ann/*"}"#)
        let ann = try await fixture.addUser("ann", "own")
        for key in ["ann/x", "bob/x"] { _ = try await fixture.put(key) }
        let document =
            "<Delete><Object><Key>ann/x</Key></Object><Object><Key>bob/x</Key></Object></Delete>"
        let body = Array(document.utf8)
        let answer = try await fixture.call(
            by: ann, "POST", "/bucket?delete", [("content-md5", Base64.encode(Digest.hash(.md5, body)))], body: body)
        #expect(answer.status == 200 && answer.text.contains("AccessDenied"))
        #expect(try await fixture.keys() == ["bob/x"])
    }
}
