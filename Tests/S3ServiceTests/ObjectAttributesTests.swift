import Cryptography
import HTTPServerTesting
import S3Service
import Testing

/// GetObjectAttributes.
@Suite struct ObjectAttributesTests {
    private static let all = (
        name: "x-amz-object-attributes", value: "ETag,Checksum,ObjectParts,StorageClass,ObjectSize"
    )

    @Test func `an object tells what is asked for and nothing else`() async throws {
        let fixture = try await S3Fixture()
        let put = try await fixture.call("PUT", "/bucket/k", [("x-amz-checksum-crc32c", "AAAAAA==")], body: [])
        #expect(put.status == 200, "\(put.text)")
        let all = try await fixture.call("GET", "/bucket/k?attributes", [Self.all])
        #expect(all.status == 200, "\(all.text)")
        #expect("\"\(all.element("ETag"))\"" == put.header("etag"))
        #expect(all.element("ChecksumCRC32C") == "AAAAAA==" && all.element("ChecksumType") == "FULL_OBJECT")
        #expect(all.element("StorageClass") == "STANDARD" && all.element("ObjectSize") == "0")
        #expect(!all.text.contains("ObjectParts") && all.header("last-modified") != nil)
        let size = try await fixture.call(
            "GET", "/bucket/k?attributes",
            [("x-amz-object-attributes", "ObjectSize"), ("x-amz-object-attributes", " ")])
        #expect(size.element("ObjectSize") == "0" && !size.text.contains("ETag") && !size.text.contains("Checksum"))
    }

    @Test func `parts come in pages`() async throws {
        let fixture = try await S3Fixture()
        let part = [UInt8](repeating: 7, count: 5 << 20)
        try await fixture.upload("k", parts: [part, part, [1, 2, 3]])
        var numbers: [String] = []
        var sizes: [String] = []
        var marker = "0"
        for page in 1...3 {
            let answer = try await fixture.call(
                "GET", "/bucket/k?attributes",
                [Self.all, ("x-amz-max-parts", "1"), ("x-amz-part-number-marker", marker)])
            #expect(answer.element("PartsCount") == "3" && answer.element("MaxParts") == "1")
            #expect(answer.element("PartNumberMarker") == marker)
            #expect(answer.element("IsTruncated") == (page < 3 ? "true" : "false"))
            numbers += answer.elements("PartNumber")
            sizes += answer.elements("Size")
            marker = answer.element("NextPartNumberMarker")
        }
        #expect(numbers == ["1", "2", "3"] && sizes == ["5242880", "5242880", "3"])
        let beyond = try await fixture.call(
            "GET", "/bucket/k?attributes", [Self.all, ("x-amz-part-number-marker", "9")])
        #expect(beyond.elements("PartNumber").isEmpty && beyond.element("IsTruncated") == "false")
    }

    @Test(arguments: [
        (name: "x-amz-object-attributes", value: ""), (name: "x-amz-object-attributes", value: "Owner"),
        (name: "x-amz-max-parts", value: "-1"), (name: "x-amz-part-number-marker", value: "x"),
    ])
    func `a wrong question is refused`(header: (name: String, value: String)) async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.call("PUT", "/bucket/k", body: [1]).status == 200)
        let headers = header.name == Self.all.name ? [header] : [Self.all, header]
        let refused = try await fixture.call("GET", "/bucket/k?attributes", headers)
        #expect(refused.status == 400 && refused.element("Code") == "InvalidArgument")
    }

    @Test func `attributes of an object under a client's key are for those who have it`() async throws {
        let fixture = try await S3Fixture()
        let key = [UInt8](repeating: 9, count: 32)
        let prefix = "x-amz-server-side-encryption-customer"
        let own = [
            (name: "\(prefix)-algorithm", value: "AES256"), ("\(prefix)-key", Base64.encode(key)),
            ("\(prefix)-key-md5", Base64.encode(Digest.hash(.md5, key))),
        ]
        #expect(try await fixture.call("PUT", "/bucket/k", own, body: [1, 2]).status == 200)
        #expect(try await fixture.call("GET", "/bucket/k?attributes", [Self.all]).status == 400)
        let answer = try await fixture.call("GET", "/bucket/k?attributes", [Self.all] + own)
        #expect(answer.status == 200 && answer.element("ObjectSize") == "2")
        let absent = try await fixture.call("GET", "/bucket/absent?attributes", [Self.all])
        #expect(absent.status == 404 && absent.element("Code") == "NoSuchKey")
    }
}
