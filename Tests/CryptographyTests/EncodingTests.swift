import Cryptography
import Testing

@Suite struct EncodingTests {
    @Test func `hexadecimal is written in lower case and read in either`() {
        #expect(Hex.encode([0x00, 0x0f, 0xa0, 0xff]) == "000fa0ff")
        #expect(Hex.encode([UInt8]()) == "")
        #expect(Hex.encode(([1, 2, 255] as [UInt8]).reversed()) == "ff0201")
        #expect(Hex.decode("000fa0ff") == [0x00, 0x0f, 0xa0, 0xff])
        #expect(Hex.decode("000FA0fF") == [0x00, 0x0f, 0xa0, 0xff])
        #expect(Hex.decode("") == [])
        #expect(Hex.decode("xx00ff".dropFirst(2)) == [0x00, 0xff])
    }

    @Test(arguments: ["0", "0g", "g0", " 00", "0x00", "00 ", "é"])
    func `what is not pairs of digits is refused`(_ text: String) {
        #expect(Hex.decode(text) == nil)
    }

    @Test func `every byte is told from a digit, wherever it stands`() {
        for byte in UInt8.min...UInt8.max {
            let known: UInt8? =
                switch byte {
                case 0x30...0x39: byte - 0x30
                case 0x41...0x46: byte - 0x41 + 10
                case 0x61...0x66: byte - 0x61 + 10
                default: nil
                }
            for position in 0..<20 {
                var digits = [UInt8](repeating: 0x35, count: 20)
                digits[position] = byte
                var bytes = [UInt8](repeating: 0x55, count: 10)
                let shift = position.isMultiple(of: 2) ? 4 : 0
                bytes[position / 2] = 0x55 & ~(0x0f << shift) | (known ?? 0) << shift
                #expect(Hex.decode(digits[...]) == known.map { _ in bytes }, "byte \(byte) at \(position)")
            }
        }
    }

    @Test func `bytes survive hexadecimal at every length`() {
        let bytes = (0..<256).map { UInt8(truncatingIfNeeded: $0 * 7) }
        for count in 0...64 {
            let some = Array(bytes.prefix(count))
            var text = Array("x".utf8)
            Hex.append(some, to: &text)
            #expect(Hex.decode(Hex.encode(some)) == some)
            #expect(text == Array("x".utf8) + Array(Hex.encode(some).utf8))
        }
    }

    /// RFC 4648 §10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `base64 of the published texts`(_ text: String, _ encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(text.utf8))
    }

    @Test func `every byte survives base64 at every length`() {
        let bytes = Array<UInt8>(0...255)
        for count in 0...bytes.count {
            let prefix = Array(bytes[..<count])
            #expect(Base64.decode(Base64.encode(prefix)) == prefix)
        }
        #expect(Base64.encode([0xfb, 0xff, 0xfe]) == "+//+")
    }

    @Test(arguments: [
        "Zg", "Zg=", "Zg===", "Z===", "====", "=", "Zm9v\n", " Zm9v", "Zm9vZg", "Zm=v", "Zg==Zm9v", "-__-", "Zh==",
        "Zm9=",
        "Zm\u{e9}v",
    ])
    func `flawed base64 is refused`(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test func `every byte survives the URL alphabet at every length, in one spelling`() {
        let bytes = Array<UInt8>(0...255)
        for count in 0...bytes.count {
            let prefix = Array(bytes[..<count])
            let text = Base64URL.encode(prefix)
            #expect(!text.contains { $0 == "=" || $0 == "+" || $0 == "/" })
            #expect(Base64URL.decode(text) == prefix)
        }
        #expect(Base64URL.encode([0xfb, 0xff, 0xfe, 0x66]) == "-__-Zg")
    }

    @Test(arguments: ["Zg==", "Zm8=", "+//+", "Z", "Zm9vZ", "Zh", "Zm9", "Zm9v\n", "=", "-__-=", "Zm\u{e9}v"])
    func `flawed base64 of the URL alphabet is refused`(_ text: String) {
        #expect(Base64URL.decode(text) == nil)
    }
}
