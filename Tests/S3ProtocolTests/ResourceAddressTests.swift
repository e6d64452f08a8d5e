import S3Protocol
import Testing

@Suite struct ResourceAddressTests {
    private func address(_ target: String, host: String? = nil, domains: [String] = []) throws -> ResourceAddress {
        try ResourceAddress(try RequestTarget(target), host: host, domains: domains)
    }

    @Test func `with and without a slash it is the bucket`() throws {
        let bucket = try BucketName("bucket")
        #expect(try address("/") == .service)
        #expect(try address("/bucket") == .bucket(bucket))
        #expect(try address("/bucket/") == .bucket(bucket))
        #expect(try address("/bucket?uploads") == .bucket(bucket))
    }

    @Test(arguments: [
        ("/bucket/k", "k"), ("/bucket//k", "/k"), ("/bucket/./../k/", "./../k/"), ("/bucket/%20", " "),
        ("/bucket/a%2Fb+c", "a/b+c"), ("/bucket/%25", "%"),
    ])
    func `a key is decoded once and never normalised`(target: String, key: String) throws {
        #expect(try address(target) == .object(BucketName("bucket"), ObjectName(key)))
    }

    @Test(arguments: [
        ("bucket.s3.example", "/k", "bucket"), ("BUCKET.s3.example:9000", "/k", "bucket"),
        ("my.bucket.s3.example", "/k", "my.bucket"), ("bucket.example", "/k", "bucket"),
        ("s3.example", "/path/k", "path"), ("10.0.0.1:9000", "/path/k", "path"), ("xs3.example.org", "/path/k", "path"),
        ("[::1]:9000", "/path/k", "path"),
    ])
    func `a host below a domain names the bucket`(host: String, target: String, bucket: String) throws {
        let address = try address(target, host: host, domains: ["example", "s3.example"])
        #expect(try address == .object(BucketName(bucket), ObjectName("k")))
    }

    @Test func `a virtual host's root is the bucket`() throws {
        #expect(try address("/", host: "bucket.s3", domains: ["s3"]) == .bucket(BucketName("bucket")))
    }

    @Test(arguments: ["//k", "/a%2Fb/k", "/AB/k", "/ab"])
    func `a bad bucket is refused`(target: String) {
        #expect(throws: S3Error(.invalidBucketName)) { try address(target) }
    }

    @Test(arguments: ["abc", "a-b.c", "1bucket", "1.2.3.4a", "xn--a", String(repeating: "a", count: 63)])
    func `bucket names`(name: String) throws {
        #expect(try BucketName(name).rawValue == name)
    }

    @Test(arguments: [
        "", "ab", String(repeating: "a", count: 64), "-ab", "ab-", ".ab", "ab.", "a..b", "a.-b", "a-.b", "a_b", "Abc",
        "192.168.5.4", "a b", "ábc",
    ])
    func `what is no bucket name`(name: String) {
        #expect(throws: S3Error(.invalidBucketName)) { try BucketName(name) }
    }

    @Test func `keys are told apart by bytes and measured in them`() throws {
        #expect(try ObjectName("\u{e9}") != ObjectName("e\u{301}"))
        #expect(try ObjectName(String(repeating: "é", count: 512)).rawValue.utf8.count == 1024)
        #expect(throws: S3Error(.keyTooLongError)) { try ObjectName(String(repeating: "é", count: 513)) }
        #expect(throws: S3Error(.xMinioInvalidObjectName)) { try ObjectName("") }
    }
}
