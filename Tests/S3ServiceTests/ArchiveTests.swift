import Cryptography
import HTTPServerTesting
import S3Protocol
import Testing

/// Archives whose members become objects (MinIO's `snowball-auto-extract`).
@Suite struct ArchiveTests {
    private static let unpack = [(name: "x-amz-meta-snowball-auto-extract", value: "true")]

    /// A member as ustar has it; `type` is `0` of a file, `5` of a directory.
    private static func member(
        _ name: [UInt8], _ bytes: [UInt8] = [], type: Character = "0", size: Int? = nil
    ) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: some Collection<UInt8>, at offset: Int) {
            for (index, byte) in text.enumerated() { header[offset + index] = byte }
        }
        put(name.prefix(100), at: 0)
        let octal = String(size ?? bytes.count, radix: 8)
        put((String(repeating: "0", count: 11 - octal.utf8.count) + octal).utf8, at: 124)
        put("\(type)ustar".utf8, at: 156)
        put(Array("ustar".utf8) + [0] + Array("00".utf8), at: 257)
        put(String(type).utf8, at: 156)
        put(String(repeating: " ", count: 8).utf8, at: 148)
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        put((String(repeating: "0", count: 6 - sum.utf8.count) + sum).utf8 + [0], at: 148)
        let padding = [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
        return header + bytes + padding
    }

    private static func member(_ name: String, _ bytes: [UInt8] = [], type: Character = "0") -> [UInt8] {
        member(Array(name.utf8), bytes, type: type)
    }

    private static func pax(_ records: [(String, String)]) -> [UInt8] {
        let text = records.flatMap { name, value -> [UInt8] in
            let rest = " \(name)=\(value)\n"
            var length = rest.utf8.count + 1
            while "\(length)".utf8.count + rest.utf8.count != length { length += 1 }
            return Array("\(length)\(rest)".utf8)
        }
        return member("pax", text, type: "x")
    }

    private static let end = [UInt8](repeating: 0, count: 1024)

    private func keys(_ fixture: S3Fixture) async throws -> [String] {
        try await fixture.call("GET", "/bucket?list-type=2").elements("Key")
    }

    private static let small: [UInt8] = Array("content".utf8)

    @Test func `members become objects, each with its own headers`() async throws {
        let fixture = try await S3Fixture()
        let long = CopyTests.bytes(300_000)
        let longName = String(repeating: "n", count: 200)
        let archive =
            Self.member("./a", Self.small) + Self.member("dir/", type: "5") + Self.member("dir/long", long)
            + Self.member("link", type: "2") + Self.member("empty")
            + Self.pax([
                ("path", "\(longName)/é"), ("minio.metadata.X-Amz-Meta-Some", "thing"),
                ("minio.metadata.Content-Type", "text/x"),
            ])
            + Self.member("short", Self.small)
            + Self.member("././@LongLink", Array(longName.utf8) + [0], type: "L") + Self.member("cut", [1])
            + Self.end
        let put = try await fixture.call(
            "PUT", "/bucket/archive.tar", Self.unpack + [("x-amz-tagging", "a=b")], body: archive)
        #expect(put.status == 200, "\(put.text)")
        #expect(put.header("etag") == "\"\(Hex.encode(Digest.hash(.md5, archive)))\"")
        #expect(try await keys(fixture) == ["a", "dir/", "dir/long", "empty", longName, "\(longName)/é"])
        #expect(try await fixture.call("GET", "/bucket/a").body == Self.small)
        #expect(try await fixture.call("GET", "/bucket/dir/long").body == long)
        #expect(try await fixture.call("GET", "/bucket/\(longName)").body == [1])
        let own = try await fixture.call("GET", "/bucket/\(longName)/%C3%A9")
        #expect(own.body == Self.small && own.header("x-amz-meta-some") == "thing")
        #expect(own.header("content-type") == "text/x" && own.header("x-amz-tagging-count") == "1")
        #expect(own.header("x-amz-meta-snowball-auto-extract") == nil)
        #expect(own.header("etag") == "\"\(Hex.encode(Digest.hash(.md5, Self.small)))\"")
        // The archive itself is nowhere.
        #expect(try await fixture.blobCount() == 1)
    }

    @Test(arguments: [CopyTests.Encryption.sseKMS, .dsse, .sseC])
    func `they have the archive's encryption, and stand behind its prefix`(
        encryption: CopyTests.Encryption
    ) async throws {
        let fixture = try await S3Fixture()
        let archive = Self.member("dir", type: "5") + Self.member("dir/a", Self.small) + Self.end
        let options = [
            (name: "x-amz-meta-minio-snowball-prefix", value: "/to/here/"),
            ("x-amz-meta-minio-snowball-ignore-dirs", "true"),
        ]
        let put = try await fixture.call(
            "PUT", "/bucket/archive.tar", Self.unpack + options + encryption.write, body: archive)
        #expect(put.status == 200, "\(put.text)")
        #expect(try await keys(fixture) == ["to/here/dir/a"])
        let got = try await fixture.call("GET", "/bucket/to/here/dir/a", encryption.read)
        #expect(got.body == Self.small && got.header("x-amz-server-side-encryption") == encryption.answer)
    }

    @Test func `paths that lead elsewhere are refused, or passed over when errors are to be`() async throws {
        let fixture = try await S3Fixture()
        let tooLong = Self.pax([("path", String(repeating: "n", count: 1025))])
        for bad in [
            Self.member("../x", Self.small), Self.member("/etc/x", Self.small), Self.member("a/../../x", Self.small),
            Self.member("", Self.small), Self.member(".", Self.small), tooLong + Self.member("x", Self.small),
            Self.pax([("path", "a\0b")]) + Self.member("x", Self.small),
        ] {
            let archive = bad + Self.member("good", Self.small) + Self.end
            let refused = try await fixture.call("PUT", "/bucket/archive.tar", Self.unpack, body: archive)
            #expect(refused.status == 400, "\(refused.text)")
            #expect(try await keys(fixture) == [])
            let ignoring = Self.unpack + [("x-amz-meta-minio-snowball-ignore-errors", "true")]
            let put = try await fixture.call("PUT", "/bucket/archive.tar", ignoring, body: archive)
            #expect(put.status == 200, "\(put.text)")
            #expect(try await keys(fixture) == ["good"])
            #expect(try await fixture.call("DELETE", "/bucket/good").status == 204)
        }
    }

    @Test func `what is no whole archive makes no object of its broken member`() async throws {
        let fixture = try await S3Fixture()
        let whole = Self.member("a", Self.small)
        var wrongSum = whole
        wrongSum[0] = UInt8(ascii: "b")
        for bytes in [
            Array("no archive".utf8), wrongSum, Array(whole.prefix(515)), Array(whole.prefix(700)),
            Self.member(Array("a".utf8), Self.small, size: 1 << 30),
            Self.pax([("x", "y")]).dropLast(512) + [UInt8](repeating: 0x78, count: 512) + whole,
            Self.member([0xFF, 0xFE], Self.small), [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 9, 9, 9],
            Array("BZh91AY".utf8), Self.member("sparse", Self.small, type: "S"),
        ] as [[UInt8]] {
            let refused = try await fixture.call("PUT", "/bucket/archive.tar", Self.unpack, body: bytes)
            #expect(refused.status == 400 || refused.status == 501, "\(refused.status): \(bytes.prefix(20))")
            #expect(try await keys(fixture) == [])
        }
        let digest = [(name: "content-md5", value: Base64.encode(Digest.hash(.md5, [1])))]
        let refused = try await fixture.call(
            "PUT", "/bucket/archive.tar", Self.unpack + digest, body: whole + Self.end)
        #expect(refused.element("Code") == "BadDigest")
        #expect(try await keys(fixture) == [])
        #expect(try await fixture.blobCount() == 0)
    }

    @Test func `conditions hold for each member`() async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.call("PUT", "/bucket/b", body: [1])
        let archive = Self.member("a", Self.small) + Self.member("b", Self.small) + Self.end
        let refused = try await fixture.call(
            "PUT", "/bucket/archive.tar", Self.unpack + [("if-none-match", "*")], body: archive)
        #expect(refused.status == 412)
        #expect(try await fixture.call("GET", "/bucket/b").body == [1])
        #expect(try await keys(fixture) == ["a", "b"])
    }

    @Test func `gzip is unpacked, whatever its members`() async throws {
        let fixture = try await S3Fixture()
        let long = CopyTests.bytes(700_000)
        let archive = Self.member("a", Self.small) + Self.member("long", long) + Self.end
        let halves = [Array(archive.prefix(1000)), Array(archive.dropFirst(1000))]
        for packed in [Self.gzip(archive), halves.flatMap(Self.gzip)] {
            let put = try await fixture.call("PUT", "/bucket/archive.tar.gz", Self.unpack, body: packed)
            #expect(put.status == 200, "\(put.text)")
            #expect(try await keys(fixture) == ["a", "long"])
            #expect(try await fixture.call("GET", "/bucket/long").body == long)
            for key in ["a", "long"] { _ = try await fixture.call("DELETE", "/bucket/\(key)") }
        }
        let cut = Array(Self.gzip(archive).dropLast(9))
        #expect(try await fixture.call("PUT", "/bucket/archive.tar.gz", Self.unpack, body: cut).status < 500)
    }

    @Test func `without the header an archive is stored as it is`() async throws {
        let fixture = try await S3Fixture()
        let archive = Self.member("a", Self.small) + Self.end
        for headers in [[], [(name: "x-amz-meta-snowball-auto-extract", value: "false")]] {
            #expect(try await fixture.call("PUT", "/bucket/archive.tar", headers, body: archive).status == 200)
            #expect(try await fixture.call("GET", "/bucket/archive.tar").body == archive)
        }
    }

    /// A gzip stream of stored blocks.
    private static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        func little(_ value: some FixedWidthInteger) -> [UInt8] {
            withUnsafeBytes(of: value.littleEndian) { [UInt8]($0) }
        }
        var packed: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(65_535)
            rest = rest.dropFirst(piece.count)
            packed += [rest.isEmpty ? 1 : 0] + little(UInt16(piece.count)) + little(~UInt16(piece.count)) + piece
        }
        let calculator = S3ChecksumCalculator(.crc32)
        bytes.withUnsafeBytes { calculator.update($0) }
        let crc = Base64.decode(calculator.finalize().base64) ?? []
        return packed + crc.reversed() + little(UInt32(bytes.count))
    }
}
