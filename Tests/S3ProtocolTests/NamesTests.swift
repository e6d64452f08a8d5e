import S3Protocol
import Testing

@Suite struct `Names are their bytes` {
    private let composed = "caf\u{e9}"
    private let decomposed = "cafe\u{301}"

    @Test func `keys that look alike are two`() throws {
        #expect(composed == decomposed, "Swift takes them for one")
        #expect(!composed.hasSameBytes(as: decomposed))
        #expect(try ObjectName(composed) != ObjectName(decomposed))
        #expect(try Set([ObjectName(composed), ObjectName(decomposed)]).count == 2)
        #expect(try ObjectName(decomposed) < ObjectName(composed))
        #expect(ListPosition.key(composed) != .key(decomposed))
        #expect(ListPosition.key(composed) != .commonPrefix(composed))
        #expect(ListPosition.commonPrefix(composed) == .commonPrefix(composed))
    }

    @Test func `buckets are sorted by bytes`() throws {
        let names = try ["b.a", "b-a", "ba0", "b0a"].map { try BucketName($0) }
        #expect(names.sorted().map(\.rawValue) == ["b-a", "b.a", "b0a", "ba0"])
        #expect(try BucketName("abc") == BucketName("abc"))
    }
}

@Suite struct `Expected owners` {
    @Test func `are this server's or refused`() throws {
        try Owner.requireExpected([("host", "h")])
        try Owner.requireExpected([("x-amz-expected-bucket-owner", Owner.server.id)])
        for name in ["x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"] {
            #expect(throws: S3Error(.accessDenied)) { try Owner.requireExpected([(name, "123456789012")]) }
        }
    }
}

@Suite struct `ListBuckets` {
    @Test func `reads its pages`() throws {
        let all = try ListBucketsParameters([("x-id", "ListBuckets")])
        #expect(!all.isPaged)
        #expect(all.maxBuckets == 10_000)
        let token = ListPosition.key("abc").token
        let page = try ListBucketsParameters([
            ("max-buckets", "5"), ("continuation-token", token), ("prefix", "a"), ("bucket-region", "eu-west-1"),
        ])
        #expect(page.isPaged)
        #expect((page.maxBuckets, page.start ?? "", page.prefix, page.region ?? "") == (5, "abc", "a", "eu-west-1"))
    }

    @Test(arguments: [
        ("max-buckets", "0"), ("max-buckets", "10001"), ("max-buckets", "-1"), ("max-buckets", "x"),
        ("continuation-token", ""), ("continuation-token", "!"),
    ])
    func `refuses what is no page`(name: String, value: String) {
        #expect(throws: S3Error(.invalidArgument)) { try ListBucketsParameters([(name, value)]) }
    }

    @Test func `shows regions and the next page to who asks for pages`() throws {
        let bucket = ListAllMyBucketsResult.Bucket(name: "abc", created: 0)
        let plain = String(decoding: ListAllMyBucketsResult(buckets: [bucket]).xml(), as: UTF8.self)
        #expect(!plain.contains("BucketRegion") && !plain.contains("ContinuationToken") && !plain.contains("Prefix"))
        let page = ListAllMyBucketsResult(
            buckets: [bucket], parameters: try ListBucketsParameters([("prefix", "a")]), region: "eu-west-1",
            isTruncated: true)
        let text = String(decoding: page.xml(), as: UTF8.self)
        let token = ListPosition.key("abc").token
        #expect(text.contains("<BucketRegion>eu-west-1</BucketRegion>"))
        #expect(text.contains("<ContinuationToken>\(token)</ContinuationToken><Prefix>a</Prefix>"))
    }
}
