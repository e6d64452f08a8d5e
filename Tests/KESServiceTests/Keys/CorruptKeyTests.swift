import Cryptography
import KESProtocol
import KESService
import Testing

@Suite struct CorruptKeyTests {
    private static let valid = MasterKey(
        createdAt: RFC3339Time(seconds: 1_800_000_000, nanoseconds: 5), createdBy: "somebody"
    ).storedText

    private static func base64(_ bytes: [UInt8]) -> [UInt8] { Array(Base64.encode(bytes).utf8) }
    private static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        [number << 3 | 2, UInt8(bytes.count)] + bytes
    }
    private static func key(_ count: Int, type: UInt8) -> [UInt8] {
        field(1, [UInt8](repeating: 7, count: count)) + [0x10, type]
    }
    private static let whole = field(1, key(32, type: 1))

    @Test(arguments: [
        "", "{}", "{\"bytes\":null}", "{\"bytes\":\"AAAA\"}", "[]", "null", "x", "====", "AAAA", "{\"bytes\":\"",
        #"{"bytes":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=","algorithm":"DES"}"#,
        #"{"bytes":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=","algorithm":7}"#,
        #"{"bytes":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=","created_at":"yesterday"}"#,
    ])
    func `what is no key is refused`(_ text: String) {
        #expect(throws: StoredKeyError.self) { try MasterKey(storedValue: Array(text.utf8)) }
    }

    @Test func `keys of the wrong size or for unknown algorithms are refused`() throws {
        for (message, expected) in [
            (Self.field(1, Self.key(31, type: 1)), StoredKeyError.invalidKeyLength),
            (Self.field(1, [0x10, 1]), .invalidKeyLength),
            ([], .invalidKeyLength),
            (Self.field(1, Self.key(32, type: 0)), .unknownAlgorithm("0")),
            (Self.field(1, Self.key(32, type: 3)), .unknownAlgorithm("3")),
            (Self.whole + Self.field(2, Self.key(32, type: 2)), .unknownAlgorithm("HMAC 2")),
            (Self.whole + Self.field(2, Self.key(16, type: 1)), .invalidKeyLength),
        ] where !message.isEmpty {
            #expect(throws: expected) { try MasterKey(storedValue: Self.base64(message)) }
        }
        #expect(try !MasterKey(storedValue: Self.base64(Self.whole)).supportsHMAC)
    }

    @Test func `versions that do not ascend from 2 are refused`() throws {
        func later(_ number: UInt8) -> [UInt8] {
            Self.field(15, [0x08, number] + Self.field(2, Self.key(32, type: 1)))
        }
        #expect(try MasterKey(storedValue: Self.base64(Self.whole + later(2) + later(5))).newestVersion == 5)
        for wrong in [later(1), later(0), later(2) + later(2), later(3) + later(2)] {
            #expect(throws: StoredKeyError.invalidVersions) {
                try MasterKey(storedValue: Self.base64(Self.whole + wrong))
            }
        }
    }

    @Test(
        arguments: [
            // A length beyond the end, and the longest there is; a group; field 0; a number without end; a lone tag.
            [0x0a, 0x7f], [0x0a] + [UInt8](repeating: 0xff, count: 9) + [0x01], [0x0b, 0x0c], [0x02, 0x00],
            [0x18] + [UInt8](repeating: 0xff, count: 11), [0x0a], [0x09, 1, 2], [0x0d, 1],
            // Text that is no UTF-8.
            [0x22, 0x01, 0xff],
        ] as [[UInt8]])
    func `broken protobuf is refused`(_ tail: [UInt8]) {
        #expect(throws: StoredKeyError.malformed) { try MasterKey(storedValue: Self.base64(Self.whole + tail)) }
    }

    @Test func `no truncation and no flipped bit makes it crash`() throws {
        let message = try #require(Base64.decode(String(decoding: Self.valid, as: UTF8.self)))
        for count in message.indices { _ = try? MasterKey(storedValue: Self.base64(Array(message[..<count]))) }
        for position in message.indices {
            for bit in 0..<8 {
                var changed = message
                changed[position] ^= 1 << bit
                _ = try? MasterKey(storedValue: Self.base64(changed))
                _ = try? MasterKey.rotated(storedValue: Self.base64(changed), createdAt: .now, createdBy: "x")
            }
        }
        for count in Self.valid.indices {
            #expect(throws: StoredKeyError.self) { try MasterKey(storedValue: Array(Self.valid[..<min(count, 40)])) }
        }
    }
}
