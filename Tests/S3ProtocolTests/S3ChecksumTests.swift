import S3Protocol
import TestSupport
import Testing

@Suite struct S3ChecksumTests {
    private let digits = Array("123456789".utf8)

    @Test(arguments: [
        (S3ChecksumAlgorithm.crc32, "cbf43926"), (.crc32c, "e3069283"), (.crc64nvme, "ae8b14860a799888"),
        (.sha1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
        (.sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
        (.md5, "25f9e794323b453885f5181f1b624d0b"), (.xxhash64, "8cb841db40e6ae83"), (.xxhash3, "72dcb18b67a17dff"),
        (.xxhash128, "33119477ede5dcd5e9716427681d5860"),
        (
            .sha512,
            "d9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274ad27fcd5811b313d681f7e55ec02d73d499c95455b6b5bb503acf574fba8ffe85"
        ),
    ])
    func `check values`(algorithm: S3ChecksumAlgorithm, value: String) throws {
        let checksum = S3ChecksumCalculator.of(digits, algorithm)
        #expect(hex(checksum.bytes) == value)
        #expect(try S3Checksum(algorithm, base64: checksum.base64) == checksum)
    }

    @Test func `composite and full object`() throws {
        let first = S3ChecksumCalculator.of(Array(digits[..<4]), .crc32c)
        let second = S3ChecksumCalculator.of(Array(digits[4...]), .crc32c)
        let ofBoth = S3ChecksumCalculator.of(first.bytes + second.bytes, .crc32c)
        #expect(S3Checksum.composite(.crc32c, parts: [first, second]) == "\(ofBoth.base64)-2")
        for algorithm in [S3ChecksumAlgorithm.crc32, .crc32c, .crc64nvme] {
            let parts = [digits[..<4], digits[4..<4], digits[4...]].map { part in
                (checksum: S3ChecksumCalculator.of(Array(part), algorithm), length: UInt64(part.count))
            }
            #expect(S3Checksum.fullObject(algorithm, parts: parts) == S3ChecksumCalculator.of(digits, algorithm))
        }
        #expect(S3Checksum.fullObject(.sha256, parts: []) == nil)
    }

    @Test func `one checksum is read from the headers`() throws {
        let value = S3ChecksumCalculator.of(digits, .crc32).base64
        let header = (name: "x-amz-checksum-crc32", value: value)
        let read = try RequestedChecksum(headers: [header, (name: "x-amz-sdk-checksum-algorithm", value: "CRC32")])
        #expect(read == .value(S3ChecksumCalculator.of(digits, .crc32)))
        #expect(try RequestedChecksum(headers: [(name: "x-amz-sdk-checksum-algorithm", value: "CRC32")]) == .none)
        #expect(
            try RequestedChecksum(headers: [(name: "x-amz-trailer", value: "X-Amz-Checksum-Sha256")])
                == .trailer(.sha256))
    }

    @Test(arguments: [
        [("x-amz-checksum-crc32", "AAAA")], [("x-amz-checksum-crc32", "!")], [("x-amz-checksum-crc32", "")],
        [("x-amz-checksum-crc32", "AAAAAA==AA")], [("x-amz-checksum-md4", "AAAAAA==")],
        [("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-checksum-crc32c", "AAAAAA==")],
        [("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-checksum-crc32", "AAAAAA==")],
        [("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-trailer", "x-amz-checksum-crc32")],
        [("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-sdk-checksum-algorithm", "SHA1")],
        [("x-amz-trailer", "x-amz-checksum-foo")],
    ])
    func `what is not one good checksum is refused`(headers: [(String, String)]) {
        #expect(throws: S3Error(.invalidRequest)) {
            try RequestedChecksum(headers: headers.map { (name: $0.0, value: $0.1) })
        }
    }

    @Test func `error texts name the algorithm`() {
        #expect(
            S3Checksum.mismatch(.crc32).message == "The CRC32 you specified did not match the calculated checksum.")
        #expect(S3Checksum.mismatch(.crc64nvme).code == .badDigest)
        do {
            _ = try S3Checksum(.crc32, base64: "x")
        } catch {
            #expect(error.message == "Value for x-amz-checksum-crc32 header is invalid.")
        }
    }

    @Test func `types of uploads`() throws {
        func parse(_ algorithm: String?, _ type: String?) throws -> UploadChecksum? {
            try UploadChecksum.parse(
                headers: [
                    algorithm.map { (name: "x-amz-checksum-algorithm", value: $0) },
                    type.map { (name: "x-amz-checksum-type", value: $0) },
                ].compactMap { $0 })
        }
        #expect(try parse(nil, nil) == nil)
        #expect(try parse("CRC32", nil)?.type == .composite)
        #expect(try parse("crc64nvme", nil)?.type == .fullObject)
        #expect(try parse("CRC32C", "FULL_OBJECT")?.type == .fullObject)
        for (algorithm, type) in [
            ("CRC64NVME", "COMPOSITE"), ("SHA1", "FULL_OBJECT"), ("SHA256", "FULL_OBJECT"), ("MD4", nil),
            ("XXHASH3", "FULL_OBJECT"), ("MD5", "FULL_OBJECT"), ("CRC32", "X"),
            (nil, "COMPOSITE"),
        ] as [(String?, String?)] {
            #expect(throws: S3Error(.invalidRequest)) { try parse(algorithm, type) }
        }
    }
}
