import Cryptography

/// Reads `x-amz-server-side-encryption-context`: Base64 of a JSON object whose values are strings.
enum EncryptionContext {
    /// Bytes of JSON that are looked at; AWS's own limit.
    static let maximumLength = 8192

    /// - Throws: `invalidArgument` for anything but one JSON object of distinct string keys and string values.
    static func parse(base64: String) throws(S3Error) -> [String: String] {
        guard let json = Base64.decode(base64), json.count <= maximumLength else { throw flaw }
        var reader = StringMapReader(json)
        guard let pairs = reader.read() else { throw flaw }
        return pairs
    }

    private static var flaw: S3Error {
        S3Error(
            .invalidArgument,
            "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string holding JSON which"
                + " represents a string-string map",
            details: [("ArgumentName", "x-amz-server-side-encryption-context")])
    }
}

/// Just enough of RFC 8259 for `{"name": "value", …}`, and strict about that much.
private struct StringMapReader {
    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Nil for any flaw, a name that occurs twice included.
    mutating func read() -> [String: String]? {
        var pairs: [String: String] = [:]
        guard take(0x7B) else { return nil }
        if !take(0x7D) {
            repeat {
                guard let name = string(), take(0x3A), let value = string(),
                    pairs.updateValue(value, forKey: name) == nil
                else { return nil }
            } while take(0x2C)
            guard take(0x7D) else { return nil }
        }
        skipSpace()
        return index == bytes.count ? pairs : nil
    }

    private mutating func string() -> String? {
        guard take(0x22) else { return nil }
        var text: [UInt8] = []
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case 0x22: return String(validating: text, as: UTF8.self)
            case 0x5C: guard escape(into: &text) else { return nil }
            case ..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    /// After a backslash.
    private mutating func escape(into text: inout [UInt8]) -> Bool {
        guard index < bytes.count else { return false }
        let letter = bytes[index]
        index += 1
        switch letter {
        case 0x22, 0x5C, 0x2F: text.append(letter)
        case 0x62: text.append(0x08)
        case 0x66: text.append(0x0C)
        case 0x6E: text.append(0x0A)
        case 0x72: text.append(0x0D)
        case 0x74: text.append(0x09)
        case 0x75:
            guard let first = codeUnit() else { return false }
            var value = first
            if (0xD800..<0xDC00).contains(first) {
                guard index + 1 < bytes.count, bytes[index] == 0x5C, bytes[index + 1] == 0x75 else { return false }
                index += 2
                guard let second = codeUnit(), (0xDC00..<0xE000).contains(second) else { return false }
                value = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(value), let encoded = UTF8.encode(scalar) else { return false }
            text += encoded
        default: return false
        }
        return true
    }

    /// Four hex digits.
    private mutating func codeUnit() -> UInt32? {
        guard index + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for byte in bytes[index..<index + 4] {
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x37
            case 0x61...0x66: digit = byte - 0x57
            default: return nil
            }
            value = value << 4 | UInt32(digit)
        }
        index += 4
        return value
    }

    /// The byte after white space, if it is this one.
    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while index < bytes.count, bytes[index] == 0x20 || (0x09...0x0A).contains(bytes[index]) || bytes[index] == 0x0D
        {
            index += 1
        }
    }
}
