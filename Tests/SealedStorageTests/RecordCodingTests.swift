import ObjectStorage
import SealedStorage
import Testing

private enum Tag: UInt8 { case one = 1, two = 2 }

@Suite struct RecordCodingTests {
    @Test(arguments: [0, 1, 127, 128, 16_383, 16_384, 2_000_000])
    func `a field comes back whatever its length`(length: Int) throws {
        let value = [UInt8](repeating: 0x5a, count: length)
        var encoder = RecordEncoder()
        encoder.put(Tag.one, value)
        encoder.put(Tag.two, Int64(-3))
        var decoder = try RecordDecoder(encoder.bytes)
        let first = try #require(try decoder.next())
        #expect(first.tag == 1)
        #expect(first.bytes == value)
        let second = try #require(try decoder.next())
        #expect(try second.integer() == -3)
        let end = try decoder.next()
        #expect(end == nil)
    }

    @Test func `a pair keeps empty halves and any character`() throws {
        for (name, value) in [("", ""), ("a", ""), ("", "b"), ("naïve=\u{0}", "\u{1F511}")] {
            var encoder = RecordEncoder()
            encoder.put(Tag.one, name: name, value: value)
            var decoder = try RecordDecoder(encoder.bytes)
            let pair = try #require(try decoder.next()).pair()
            #expect(pair.name == name)
            #expect(pair.value == value)
        }
    }

    @Test func `bytes that are no record are refused and never trap`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in UInt8.random(in: 0...255) }
            if Bool.random(), !bytes.isEmpty { bytes[0] = RecordEncoder.version }
            do {
                var decoder = try RecordDecoder(bytes)
                var total = 0
                while let field = try decoder.next() {
                    total += field.value.count
                    _ = try? field.pair()
                    _ = try? field.integer()
                }
                #expect(total < bytes.count)
            } catch {}
            _ = try? PartManifest(decoding: bytes)
        }
    }

    @Test func `a manifest of ten thousand parts comes back`() throws {
        let parts = (1...10_000).map { number in
            PartManifest.Part(
                number: UInt32(number), blob: BlobID(), size: Int64(number) * 5_242_880,
                checksum: number.isMultiple(of: 2) ? "AAAAAA==" : nil)
        }
        let decoded = try PartManifest(decoding: PartManifest(parts: parts).encoded())
        #expect(decoded.parts.map(\.blob) == parts.map(\.blob))
        #expect(decoded.parts.map(\.size) == parts.map(\.size))
        #expect(decoded.parts.map(\.checksum) == parts.map(\.checksum))
    }
}
