import Cryptography
import S3Protocol
import Testing

@Suite struct PostPolicyTests {
    private func policy(_ conditions: String, expiration: String = "2030-01-01T00:00:00.000Z") throws -> PostPolicy {
        let json = "{\"expiration\": \"\(expiration)\", \"conditions\": [\(conditions)]}"
        return try PostPolicy(base64: Base64.encode(Array(json.utf8)))
    }

    private func fields(_ pairs: [(String, String)]) throws -> FormFields {
        var fields = FormFields()
        for (name, value) in pairs { try fields.append(name, value) }
        return fields
    }

    private let bucket: BucketName

    init() throws { bucket = try BucketName("bucket") }

    @Test(arguments: [
        (#"{"key": "k"}"#, "k", true), (#"{"key": "k"}"#, "k2", false), (#"["eq", "$key", "k"]"#, "k", true),
        (#"["EQ", "$KEY", "k"]"#, "k", true), (#"["eq", "$key", "é"]"#, "e\u{301}", false),
        (#"["starts-with", "$key", "user/"]"#, "user/x", true), (#"["starts-with", "$key", "user/"]"#, "use", false),
        (#"["starts-with", "$key", ""]"#, "anything", true), (#"["starts-with", "$key", "\\$a"]"#, "$ab", true),
        (#"["starts-with", "$key", "\\$a"]"#, "\\$ab", true), (#"["starts-with", "$other", ""]"#, "k", false),
        (#"{"key": "k", "bucket": "bucket"}"#, "k", true), (#"{"key": "k"}, {"bucket": "other"}"#, "k", false),
        (#"{"key": "k"}, {"acl": "private"}"#, "k", false),
    ])
    func `a key is what the policy says`(conditions: String, key: String, isAllowed: Bool) throws {
        let policy = try policy(conditions)
        let fields = try fields([("key", key), ("policy", "x"), ("x-ignore-a", "1")])
        if isAllowed {
            #expect(throws: Never.self) { try policy.check(fields, bucket: bucket, now: 0) }
        } else {
            #expect(throws: S3Error(.accessDenied)) { try policy.check(fields, bucket: bucket, now: 0) }
        }
    }

    @Test func `every media type of a list begins as the policy says`() throws {
        let policy = try policy(#"["starts-with", "$Content-Type", "image/"]"#)
        for (type, isAllowed) in [("image/png", true), ("image/png, image/gif", true), ("image/png,text/html", false)] {
            let fields = try fields([("content-type", type)])
            let outcome = Result { () throws(S3Error) in try policy.check(fields, bucket: bucket, now: 0) }
            #expect(((try? outcome.get()) != nil) == isAllowed, "\(type)")
        }
    }

    @Test func `a policy expires`() throws {
        let policy = try policy("", expiration: "2020-01-01T00:00:00Z")
        let end: Int64 = 1_577_836_800
        #expect(throws: Never.self) { try policy.check(FormFields(), bucket: bucket, now: end - 1) }
        #expect(throws: S3Error(.accessDenied)) { try policy.check(FormFields(), bucket: bucket, now: end) }
    }

    @Test func `a policy sets how long the file may be`() throws {
        let policy = try policy(#"["content-length-range", 2, "10"], ["content-length-range", 0, 5]"#)
        for length in [0, 1, 2, 5, 6, 10] as [Int64] {
            let outcome = Result { () throws(S3Error) in try policy.check(length: length) }
            switch length {
            case 2...5: #expect((try? outcome.get()) != nil)
            case ..<2: #expect(throws: S3Error(.entityTooSmall)) { try outcome.get() }
            default: #expect(throws: S3Error(.entityTooLarge)) { try outcome.get() }
            }
        }
        #expect(policy.greatestLength == 5)
    }

    @Test(arguments: [
        "{}", "[]", "x", #"{"expiration": "2030-01-01T00:00:00Z"}"#, #"{"conditions": []}"#,
        #"{"EXPIRATION": "2030-01-01T00:00:00Z", "conditions": []}"#,
        #"{"expiration": "2030-01-01 00:00:00+00:00", "conditions": []}"#,
        #"{"expiration": 5, "conditions": []}"#, #"{"expiration": "2030-01-01T00:00:00Z", "conditions": [{}]}"#,
        #"{"expiration": "2030-01-01T00:00:00Z", "conditions": [["eq", "key", "k"]]}"#,
        #"{"expiration": "2030-01-01T00:00:00Z", "conditions": [["like", "$key", "k"]]}"#,
        #"{"expiration": "2030-01-01T00:00:00Z", "conditions": [["content-length-range", 0]]}"#,
        #"{"expiration": "2030-01-01T00:00:00Z", "conditions": [["content-length-range", -1, 0]]}"#,
        #"{"expiration": "2030-01-01T00:00:00Z", "conditions": [["content-length-range", 2, 1]]}"#,
        #"{"expiration": "2030-01-01T00:00:00Z", "conditions": [{"key": 5}]}"#,
    ])
    func `what is no policy is refused`(json: String) {
        #expect(throws: S3Error(.invalidPolicyDocument)) { try PostPolicy(base64: Base64.encode(Array(json.utf8))) }
    }

    @Test func `a place to go to gets what was uploaded`() throws {
        let etag = ETag(unquoted: "0123")
        #expect(
            PostSuccess.location("http://h/p?a=1#f", bucket: "b", key: "a b/é", etag: etag)
                == "http://h/p?a=1&bucket=b&key=a%20b%2F%C3%A9&etag=%220123%22#f")
        #expect(try PostSuccess(fields([("success_action_redirect", "http://h/\r\nx: y")])) == .status(204))
        #expect(
            try PostSuccess(fields([("redirect", "https://h/"), ("success_action_status", "201")]))
                == .redirect("https://h/"))
        #expect(try PostSuccess(fields([("success_action_status", "404")])) == .status(204))
    }
}
