import Cryptography
import HTTPServerTesting
import S3Protocol
import S3Service
import Testing

/// Every checksum algorithm in every place where a client may send one.
@Suite struct ChecksumTests {
    private static let body = Array("the bytes of an object".utf8)

    private static func header(_ algorithm: S3ChecksumAlgorithm, _ bytes: [UInt8] = body) -> (
        name: String, value: String
    ) {
        (algorithm.header, S3ChecksumCalculator.of(bytes, algorithm).base64)
    }

    @Test(arguments: S3ChecksumAlgorithm.allCases)
    func `an upload's checksum is verified, kept and given back`(algorithm: S3ChecksumAlgorithm) async throws {
        let fixture = try await S3Fixture()
        let right = Self.header(algorithm)
        let put = try await fixture.call("PUT", "/bucket/k", [right], body: Self.body)
        #expect(put.status == 200 && put.header(right.name) == right.value)
        #expect(put.header("x-amz-checksum-type") == "FULL_OBJECT")
        for method in ["GET", "HEAD"] {
            let mode = (name: "x-amz-checksum-mode", value: "enabled")
            let read = try await fixture.call(method, "/bucket/k", [mode])
            #expect(read.header(right.name) == right.value && read.header("x-amz-checksum-type") == "FULL_OBJECT")
            #expect(try await fixture.call(method, "/bucket/k").header(right.name) == nil)
            let part = try await fixture.call(method, "/bucket/k", [mode, ("range", "bytes=0-1")])
            #expect(part.status == 206 && part.header(right.name) == nil)
        }
        let listed = try await fixture.call("GET", "/bucket?list-type=2")
        #expect(listed.element("ChecksumAlgorithm") == algorithm.name)
        #expect(listed.element("ChecksumType") == "FULL_OBJECT")

        let wrong = Self.header(algorithm, [0])
        let refused = try await fixture.call("PUT", "/bucket/k", [wrong], body: Self.body)
        #expect(refused.status == 400 && refused.element("Code") == "BadDigest")
        for value in ["", "!", "AAAA", right.value + "AAAA"] {
            let malformed = try await fixture.call("PUT", "/bucket/k", [(right.name, value)], body: Self.body)
            #expect(malformed.status == 400 && malformed.element("Code") == "InvalidRequest", "\(value)")
        }
        #expect(try await fixture.call("HEAD", "/bucket/k").header("etag") == put.header("etag"))
    }

    @Test(arguments: S3ChecksumAlgorithm.allCases)
    func `a trailer counts as a header does`(algorithm: S3ChecksumAlgorithm) async throws {
        let fixture = try await S3Fixture()
        for (bytes, status) in [(Self.body, 200), ([0], 400)] {
            let trailer = Self.header(algorithm, bytes)
            let put = try await fixture.callInChunks("PUT", "/bucket/k", body: Self.body, trailer: trailer)
            #expect(put.status == status)
            #expect(put.header(trailer.name) == (status == 200 ? trailer.value : nil))
        }
    }

    @Test(arguments: S3ChecksumAlgorithm.allCases, [S3ChecksumType.composite, .fullObject])
    func `an upload in parts has the checksum that it announced`(
        algorithm: S3ChecksumAlgorithm, type: S3ChecksumType
    ) async throws {
        let fixture = try await S3Fixture()
        let begun = try await fixture.call(
            "POST", "/bucket/k?uploads",
            [("x-amz-checksum-algorithm", algorithm.name), ("x-amz-checksum-type", type.rawValue)])
        guard algorithm.allows(type) else {
            #expect(begun.status == 400 && begun.element("Code") == "InvalidRequest")
            return
        }
        #expect(begun.header("x-amz-checksum-algorithm") == algorithm.name)
        #expect(begun.header("x-amz-checksum-type") == type.rawValue)
        let id = begun.element("UploadId")
        let parts = [[UInt8](repeating: 7, count: 5 << 20), Self.body]
        var document = "<CompleteMultipartUpload>"
        for (index, part) in parts.enumerated() {
            let target = "/bucket/k?partNumber=\(index + 1)&uploadId=\(id)"
            let wrong = try await fixture.call("PUT", target, [Self.header(algorithm, [9])], body: part)
            #expect(wrong.status == 400 && wrong.element("Code") == "BadDigest")
            let other = S3ChecksumAlgorithm.allCases.first { $0 != algorithm } ?? algorithm
            #expect(try await fixture.call("PUT", target, [Self.header(other, part)], body: part).status == 400)
            let bare = try await fixture.call("PUT", target, body: part)
            #expect(bare.status == (type == .composite ? 400 : 200))
            let right = Self.header(algorithm, part)
            if type == .fullObject { #expect(bare.header(right.name) == right.value) }
            let sent = try await fixture.call("PUT", target, [right], body: part)
            #expect(sent.status == 200 && sent.header(right.name) == right.value)
            document += "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(sent.header("etag") ?? "")</ETag>"
            document += "<\(algorithm.elementName)>\(right.value)</\(algorithm.elementName)></Part>"
        }
        document += "</CompleteMultipartUpload>"
        let listed = try await fixture.call("GET", "/bucket/k?uploadId=\(id)")
        #expect(
            listed.element("ChecksumAlgorithm") == algorithm.name && listed.element("ChecksumType") == type.rawValue)
        #expect(listed.elements(algorithm.elementName) == parts.map { Self.header(algorithm, $0).value })

        let whole =
            switch type {
            case .composite:
                S3Checksum.composite(algorithm, parts: parts.map { S3ChecksumCalculator.of($0, algorithm) })
            case .fullObject: S3ChecksumCalculator.of(parts[0] + parts[1], algorithm).base64
            }
        let target = "/bucket/k?uploadId=\(id)"
        let wrong = try await fixture.call("POST", target, [Self.header(algorithm, [1])], body: Array(document.utf8))
        #expect(wrong.status == 400 && wrong.element("Code") == "BadDigest")
        let done = try await fixture.call("POST", target, [(algorithm.header, whole)], body: Array(document.utf8))
        #expect(done.status == 200, "\(done.text)")
        #expect(done.element(algorithm.elementName) == whole && done.element("ChecksumType") == type.rawValue)
        let mode = (name: "x-amz-checksum-mode", value: "ENABLED")
        let read = try await fixture.call("HEAD", "/bucket/k", [mode])
        #expect(read.header(algorithm.header) == whole && read.header("x-amz-checksum-type") == type.rawValue)
        let part = try await fixture.call("HEAD", "/bucket/k?partNumber=2", [mode])
        #expect(part.header(algorithm.header) == Self.header(algorithm, parts[1]).value)
        #expect(part.header("x-amz-checksum-type") == type.rawValue)
        #expect(try await fixture.call("GET", "/bucket?list-type=2").element("ChecksumType") == type.rawValue)
    }

    @Test func `an upload without a checksum gets the server's own`() async throws {
        let fixture = try await S3Fixture()
        let own = S3ChecksumAlgorithm.crc64nvme
        for size in [0, 1, 127, 128, 40_000, 200_000] {
            let body = [UInt8](repeating: 5, count: size)
            let put = try await fixture.call("PUT", "/bucket/k", body: body)
            #expect(put.header(own.header) == Self.header(own, body).value)
            let read = try await fixture.call("HEAD", "/bucket/k", [("x-amz-checksum-mode", "ENABLED")])
            #expect(read.header(own.header) == Self.header(own, body).value)
            #expect(read.header("x-amz-checksum-type") == "FULL_OBJECT")
        }
    }

    @Test(arguments: [S3ChecksumAlgorithm?.none] + S3ChecksumAlgorithm.allCases)
    func `an upload in parts without an algorithm gets the server's own, whatever its parts have`(
        algorithm: S3ChecksumAlgorithm?
    ) async throws {
        let fixture = try await S3Fixture()
        let id = try await fixture.call("POST", "/bucket/k?uploads").element("UploadId")
        let parts = [[UInt8](repeating: 7, count: 5 << 20), Self.body]
        var document = "<CompleteMultipartUpload>"
        for (index, part) in parts.enumerated() {
            let expected = Self.header(algorithm ?? .crc64nvme, part)
            let sent = try await fixture.call(
                "PUT", "/bucket/k?partNumber=\(index + 1)&uploadId=\(id)", algorithm == nil ? [] : [expected],
                body: part)
            #expect(sent.header(expected.name) == expected.value)
            document += "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(sent.header("etag") ?? "")</ETag>"
            let element = (algorithm ?? .crc64nvme).elementName
            document += "<\(element)>\(expected.value)</\(element)></Part>"
        }
        document += "</CompleteMultipartUpload>"
        let done = try await fixture.call("POST", "/bucket/k?uploadId=\(id)", body: Array(document.utf8))
        #expect(done.status == 200, "\(done.text)")
        #expect(done.element("ChecksumCRC64NVME") == Self.header(.crc64nvme, parts[0] + parts[1]).value)
        #expect(done.element("ChecksumType") == "FULL_OBJECT")
    }

    @Test func `a document's checksum may be of any algorithm`() async throws {
        let fixture = try await S3Fixture()
        let document = Array("<Delete><Object><Key>k</Key></Object></Delete>".utf8)
        for algorithm in S3ChecksumAlgorithm.allCases {
            let right = try await fixture.call(
                "POST", "/bucket?delete", [Self.header(algorithm, document)], body: document)
            #expect(right.status == 200)
            let wrong = try await fixture.call("POST", "/bucket?delete", [Self.header(algorithm, [1])], body: document)
            #expect(wrong.status == 400)
        }
    }
}
