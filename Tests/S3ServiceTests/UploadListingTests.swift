import HTTPServerTesting
import S3Service
import Testing

/// ListMultipartUploads: what it shows, and its pages.
@Suite struct UploadListingTests {
    private static let keys = ["a", "a", "a/1", "a/1", "a/2", "b", "c/x", "d"]

    private func begin(_ fixture: S3Fixture) async throws -> [(key: String, id: String)] {
        var begun: [(key: String, id: String)] = []
        for key in Self.keys {
            let answer = try await fixture.call("POST", "/bucket/\(key)?uploads", [("x-amz-storage-class", "GLACIER")])
            begun.append((key, answer.element("UploadId")))
        }
        return begun
    }

    @Test func `uploads come by key and in the order of their beginnings`() async throws {
        let fixture = try await S3Fixture()
        let begun = try await begin(fixture)
        let listed = try await fixture.call("GET", "/bucket?uploads")
        #expect(listed.elements("Key") == begun.map(\.key))
        #expect(listed.elements("UploadId") == begun.map(\.id))
        #expect(listed.element("IsTruncated") == "false" && listed.element("MaxUploads") == "1000")
        #expect(!listed.text.contains("NextKeyMarker"))
        _ = try await fixture.call("DELETE", "/bucket/a?uploadId=\(begun[0].id)")
        let after = try await fixture.call("GET", "/bucket?uploads&prefix=a&delimiter=%2F")
        #expect(after.elements("UploadId") == [begun[1].id])
        #expect(after.elements("Prefix") == ["a", "a/"])
    }

    @Test func `an upload shows what it announced`() async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.call(
            "POST", "/bucket/k%2Bl?uploads",
            [("x-amz-checksum-algorithm", "CRC32C"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")])
        let listed = try await fixture.call("GET", "/bucket?uploads=&encoding-type=url")
        #expect(listed.element("Key") == "k%2Bl" && listed.element("EncodingType") == "url")
        #expect(listed.element("StorageClass") == "REDUCED_REDUNDANCY")
        #expect(listed.element("ChecksumAlgorithm") == "CRC32C" && listed.element("ChecksumType") == "COMPOSITE")
    }

    @Test(arguments: ["", "a", "a/"], ["", "/"])
    func `pages together are the listing at once`(prefix: String, delimiter: String) async throws {
        let fixture = try await S3Fixture()
        _ = try await begin(fixture)
        let query =
            "/bucket?uploads&prefix=\(prefix.replacing("/", with: "%2F"))&delimiter=\(delimiter.replacing("/", with: "%2F"))"
        let whole = try await fixture.call("GET", query)
        for size in 1...4 {
            var (ids, prefixes): ([String], [String]) = ([], [])
            var marker = ""
            repeat {
                let page = try await fixture.call("GET", "\(query)&max-uploads=\(size)\(marker)")
                ids += page.elements("UploadId")
                prefixes += page.elements("Prefix").dropFirst()
                #expect(page.elements("UploadId").count + page.elements("Prefix").dropFirst().count <= size)
                guard page.element("IsTruncated") == "true" else { break }
                marker =
                    "&key-marker=\(page.element("NextKeyMarker").replacing("/", with: "%2F"))"
                    + "&upload-id-marker=\(page.element("NextUploadIdMarker"))"
            } while ids.count + prefixes.count <= Self.keys.count
            #expect(ids == whole.elements("UploadId"), "pages of \(size)")
            #expect(prefixes == Array(whole.elements("Prefix").dropFirst()))
        }
    }

    @Test(arguments: [
        ("max-uploads=-1", 400), ("max-uploads=x", 400), ("max-uploads=5000", 200), ("max-uploads=0", 200),
        ("encoding-type=base64", 400), ("key-marker=a&upload-id-marker=nonsense", 400),
        ("upload-id-marker=nonsense", 200),
    ])
    func `parameters are judged`(query: String, status: Int) async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.call("GET", "/bucket?uploads&\(query)").status == status)
    }

    @Test func `there must be a bucket`() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.call("GET", "/missing?uploads").element("Code") == "NoSuchBucket")
        #expect(await fixture.callAnonymously("GET", "/bucket?uploads").status == 403)
    }
}
