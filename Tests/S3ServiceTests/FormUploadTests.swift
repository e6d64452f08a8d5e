import Accounts
import Cryptography
import HTTPServerTesting
import Notation
import Requests
import S3Protocol
import S3Service
import Testing

/// Uploads from forms: signatures, policies, answers, and files of any size with anything behind them.
@Suite struct FormUploadTests {
    private static let boundary = "xYzZY"

    private static func form(
        _ fields: [(String, String)], file: [UInt8]?, behind: [(String, String)] = [], end: String = "--\r\n"
    ) -> [UInt8] {
        func part(_ name: String, _ value: [UInt8], _ more: String = "") -> [UInt8] {
            Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\(more)\r\n\r\n".utf8) + value
                + Array("\r\n".utf8)
        }
        var form: [UInt8] = []
        for (name, value) in fields { form += part(name, Array(value.utf8)) }
        if let file { form += part("file", file, "; filename=\"dir/file.txt\"\r\nContent-Type: text/plain") }
        for (name, value) in behind { form += part(name, Array(value.utf8)) }
        return form + Array("--\(boundary)\(end)".utf8)
    }

    /// The fields of a policy and its signature.
    private static func signed(
        _ conditions: String, version: Int = 4, by accessKey: String = "tester",
        secret: String = "secret-of-the-tester", lifetime: Int64 = 60
    ) -> [(String, String)] {
        let now = Clock.milliseconds()
        let date = HTTPDate.amzDate(now)
        let scope = "\(accessKey)/\(date.prefix(8))/us-east-1/s3/aws4_request"
        let isV4 = version == 4
        let own =
            isV4
            ? #", {"x-amz-algorithm": "AWS4-HMAC-SHA256"}, {"x-amz-credential": "\#(scope)"}, {"x-amz-date": "\#(date)"}"#
            : ""
        let expiration = HTTPDate.iso8601(now + lifetime * 1000)
        let json = #"{"expiration": "\#(expiration)", "conditions": [{"bucket": "bucket"}, \#(conditions)\#(own)]}"#
        let policy = Base64.encode(Array(json.utf8))
        guard isV4 else {
            let signature = Base64.encode(HMACSHA1.code(Array(policy.utf8), key: Array(secret.utf8)))
            return [("AWSAccessKeyId", accessKey), ("policy", policy), ("signature", signature)]
        }
        let key = SecretString(secret).signingKey(date: String(date.prefix(8)), region: "us-east-1", service: "s3")
        return [
            ("x-amz-algorithm", "AWS4-HMAC-SHA256"), ("x-amz-credential", scope), ("x-amz-date", date),
            ("policy", policy), ("x-amz-signature", Hex.encode(HMACSHA256.code(Array(policy.utf8), key: key))),
        ]
    }

    private static let anyKey = #"["starts-with", "$key", ""]"#

    private func post(_ fixture: S3Fixture, _ form: [UInt8]) async -> MemoryResponse {
        await fixture.send(
            "POST", "/bucket",
            [
                ("host", "localhost"), ("content-type", "multipart/form-data; boundary=\(Self.boundary)"),
                ("content-length", "\(form.count)"),
            ], body: form)
    }

    @Test(arguments: [2, 4])
    func `a signed form is an upload`(version: Int) async throws {
        let fixture = try await S3Fixture()
        let conditions =
            #"["starts-with", "$key", "up/"], {"content-type": "text/x"}, ["starts-with", "$x-amz-meta-a", ""], "#
            + #"{"tagging": "<Tagging><TagSet><Tag><Key>t</Key><Value>v</Value></Tag></TagSet></Tagging>"}, "#
            + #"["content-length-range", 1, 10]"#
        let fields =
            [
                ("key", "up/${filename}"), ("Content-Type", "text/x"), ("x-amz-meta-a", "1"),
                ("tagging", "<Tagging><TagSet><Tag><Key>t</Key><Value>v</Value></Tag></TagSet></Tagging>"),
            ] + Self.signed(conditions, version: version)
        let answer = await post(fixture, Self.form(fields, file: Array("hello".utf8)))
        #expect(answer.status == 204 && answer.body.isEmpty, "\(answer.text)")
        #expect(answer.header("location") == "https://localhost/bucket/up/file.txt")
        let read = try await fixture.call("GET", "/bucket/up/file.txt")
        #expect(read.text == "hello" && read.header("etag") == answer.header("etag"))
        #expect(read.header("content-type") == "text/x" && read.header("x-amz-meta-a") == "1")
        #expect(read.header("x-amz-tagging-count") == "1")
        let long = await post(fixture, Self.form(fields, file: [UInt8](repeating: 1, count: 11)))
        #expect(long.element("Code") == "EntityTooLarge" && long.status == 400)
        #expect(await post(fixture, Self.form(fields, file: [])).element("Code") == "EntityTooSmall")
        #expect(try await fixture.call("GET", "/bucket/up/file.txt").text == "hello")
    }

    @Test(arguments: [4, 2])
    func `a form that a user has signed is a use of its key`(version: Int) async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.addUser("ann", "readwrite")
        func lastUse() throws -> Int64? { try fixture.accounts.snapshot.lastUse(of: AccountName("ann")) }
        for (secret, status) in [("another", 403), ("secret-of-ann", 204)] {
            let fields = Self.signed(Self.anyKey, version: version, by: "ann", secret: secret)
            let answer = await post(fixture, Self.form([("key", "k")] + fields, file: [1]))
            #expect(answer.status == status, "\(answer.text)")
            #expect(try (lastUse() != nil) == (status == 204))
        }
    }

    @Test func `a form is answered as it asks`() async throws {
        let fixture = try await S3Fixture()
        let conditions =
            Self.anyKey
            + #", ["starts-with", "$success_action_status", ""], ["starts-with", "$success_action_redirect", ""]"#
        for status in ["200", "201", "204", "500"] {
            let fields = [("key", "k k"), ("success_action_status", status)] + Self.signed(conditions)
            let answer = await post(fixture, Self.form(fields, file: [1]))
            #expect(answer.status == (status == "500" ? 204 : Int(status)))
            #expect(answer.header("location") == "https://localhost/bucket/k%20k")
            guard status == "201" else { continue }
            #expect(answer.element("Key") == "k k" && answer.element("Bucket") == "bucket")
            #expect(answer.element("Location") == "https://localhost/bucket/k%20k")
        }
        let fields = [("key", "k"), ("success_action_redirect", "http://there/?x=1")] + Self.signed(conditions)
        let answer = await post(fixture, Self.form(fields, file: [1]))
        let etag = (answer.header("etag") ?? "").filter { $0 != "\"" }
        #expect(answer.status == 303)
        #expect(answer.header("location") == "http://there/?x=1&bucket=bucket&key=k&etag=%22\(etag)%22")
    }

    @Test(arguments: [0, 1, 100, 32_000, 131_000, 131_072, 140_000, 1_000_000], [false, true])
    func `a file of any size arrives whole, with fields behind it or without`(size: Int, hasMore: Bool) async throws {
        let fixture = try await S3Fixture()
        let line = Array("\r\n--xYz\r\n-\r".utf8)
        let file = (0..<size).map { line[$0 % line.count] }
        for end in ["--\r\n", "--", "-- \r\nepilogue"] {
            let behind = hasMore ? [("submit", "Upload"), ("key", "other")] : []
            let form = Self.form([("key", "k")] + Self.signed(Self.anyKey), file: file, behind: behind, end: end)
            let answer = await post(fixture, form)
            #expect(answer.status == 204, "\(answer.text)")
            let read = try await fixture.call("GET", "/bucket/k", [("x-amz-checksum-mode", "ENABLED")])
            #expect(read.body == file)
            #expect(read.header("etag") == "\"\(Hex.encode(Digest.hash(.md5, file)))\"")
            #expect(read.header("x-amz-checksum-crc64nvme") == S3ChecksumCalculator.of(file, .crc64nvme).base64)
        }
    }

    @Test(arguments: S3ChecksumAlgorithm.allCases)
    func `a form's checksum is verified`(algorithm: S3ChecksumAlgorithm) async throws {
        let fixture = try await S3Fixture()
        let file = Array("file".utf8)
        for (bytes, status) in [(file, 204), ([1], 400)] {
            let value = S3ChecksumCalculator.of(bytes, algorithm).base64
            let fields =
                [("key", "k"), (algorithm.header, value)]
                + Self.signed("\(Self.anyKey), {\"\(algorithm.header)\": \"\(value)\"}")
            let answer = await post(fixture, Self.form(fields, file: file))
            #expect(answer.status == status && answer.header(algorithm.header) == (status == 204 ? value : nil))
        }
    }

    @Test func `a form may ask for encryption`() async throws {
        let fixture = try await S3Fixture()
        let key = [UInt8](repeating: 3, count: 32)
        let customer = [
            ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
            ("x-amz-server-side-encryption-customer-key", Base64.encode(key)),
            ("x-amz-server-side-encryption-customer-key-MD5", Base64.encode(Digest.hash(.md5, key))),
        ]
        let conditions = customer.map { "{\"\($0.0)\": \"\($0.1)\"}" }.joined(separator: ",")
        let fields = [("key", "k")] + customer + Self.signed("\(Self.anyKey), \(conditions)")
        let answer = await post(fixture, Self.form(fields, file: [1, 2]))
        #expect(answer.status == 204, "\(answer.text)")
        #expect(answer.header("x-amz-server-side-encryption-customer-algorithm") == "AES256")
        #expect(try await fixture.call("GET", "/bucket/k").status == 400)
        let read = try await fixture.call("GET", "/bucket/k", customer.map { ($0.0.lowercased(), $0.1) })
        #expect(read.body == [1, 2])
    }

    @Test func `what is not as it was signed is refused, and stores nothing`() async throws {
        let fixture = try await S3Fixture()
        let good = Self.signed(Self.anyKey)
        func changed(_ name: String, _ value: String?) -> [(String, String)] {
            good.filter { $0.0 != name } + (value.map { [(name, $0)] } ?? [])
        }
        let cases: [(fields: [(String, String)], status: Int, code: String)] = [
            ([("key", "k")], 403, "AccessDenied"),
            (
                [("key", "k")] + changed("x-amz-signature", String(repeating: "0", count: 64)), 403,
                "SignatureDoesNotMatch"
            ),
            ([("key", "k")] + changed("x-amz-signature", nil), 400, "InvalidArgument"),
            ([("key", "k")] + changed("policy", nil), 400, "InvalidArgument"),
            ([("key", "k")] + changed("x-amz-algorithm", "HMAC"), 400, "InvalidArgument"),
            ([("key", "k")] + changed("x-amz-credential", "tester/x/s3"), 400, "InvalidArgument"),
            ([("key", "k")] + changed("x-amz-date", "20200101T000000Z"), 400, "InvalidArgument"),
            ([("key", "k")] + Self.signed(Self.anyKey, secret: "other"), 403, "SignatureDoesNotMatch"),
            ([("key", "k")] + Self.signed(Self.anyKey, version: 2, secret: "other"), 403, "SignatureDoesNotMatch"),
            ([("key", "k")] + Self.signed(Self.anyKey, lifetime: -1), 403, "AccessDenied"),
            ([("key", "k")] + Self.signed(#"{"key": "other"}"#), 403, "AccessDenied"),
            ([("key", "k"), ("acl", "public-read")] + good, 403, "AccessDenied"),
            (good, 400, "InvalidArgument"),
            ([("key", "k"), ("key", "k")] + good, 400, "InvalidArgument"),
            ([("key", "k"), ("x-amz-security-token", "t")] + good, 403, "InvalidTokenId"),
            ([("key", "k"), ("signature", "x")] + good, 400, "InvalidRequest"),
            // A header of the object's that would be two.
            (
                [("key", "k"), ("x-amz-meta-a", "1\r\nset-cookie: a=b")]
                    + Self.signed(Self.anyKey + #", ["starts-with", "$x-amz-meta-a", ""]"#), 400, "InvalidArgument"
            ),
            (
                [("key", "k"), ("x-amz-meta-a b", "1")]
                    + Self.signed(Self.anyKey + #", ["starts-with", "$x-amz-meta-a b", ""]"#), 400, "InvalidArgument"
            ),
        ]
        for (fields, status, code) in cases {
            let answer = await post(fixture, Self.form(fields, file: [1]))
            #expect(answer.status == status && answer.element("Code") == code, "\(answer.text)")
        }
        let noFile = await post(fixture, Self.form([("key", "k")] + good, file: nil))
        #expect(noFile.element("Code") == "InvalidArgument")
        let cut = await post(fixture, Self.form([("key", "k")] + good, file: [1], end: "").dropLast(8))
        #expect(cut.element("Code") == "MalformedPOSTRequest")
        #expect(try await fixture.call("GET", "/bucket?list-type=2").elements("Key").isEmpty)
    }

    @Test func `only a form is a form`() async throws {
        let fixture = try await S3Fixture()
        let form = Self.form([("key", "k")] + Self.signed(Self.anyKey), file: [1])
        let type = (name: "content-type", value: "multipart/form-data; boundary=\(Self.boundary)")
        // With a signature of its own, it is not known whose upload it is.
        #expect(try await fixture.call("POST", "/bucket", [type], body: form).element("Code") == "InvalidRequest")
        #expect(try await fixture.call("POST", "/bucket", body: form).status == 412)
        // A form that is sent elsewhere is an anonymous request.
        for target in ["/bucket?delete", "/bucket/k?uploads", "/bucket/k?uploadId=1"] {
            let answer = await fixture.send("POST", target, [("host", "localhost"), type], body: form)
            #expect(answer.status == 403, "\(target)")
        }
    }
}

extension FormUploadTests {
    private func post(_ fixture: S3Fixture, _ form: ArraySlice<UInt8>) async -> MemoryResponse {
        await post(fixture, Array(form))
    }
}
