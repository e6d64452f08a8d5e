/// Bytes as pairs of hexadecimal digits.
package enum Hex {
    /// Lower-case digits, two a byte.
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let known = bytes.withContiguousStorageIfAvailable { encode(contiguous: $0) }
        return known ?? Array(bytes).withUnsafeBufferPointer { encode(contiguous: $0) }
    }

    /// Appends lower-case digits to a text in bytes.
    package static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
        for byte in bytes {
            text.append(digit(byte >> 4))
            text.append(digit(byte & 15))
        }
    }

    /// The bytes that digits of either case stand for; `nil` for an odd number of them or for any other character.
    package static func decode(_ digits: some StringProtocol) -> [UInt8]? {
        let known = digits.utf8.withContiguousStorageIfAvailable { decode(contiguous: $0) }
        return known ?? Array(digits.utf8).withUnsafeBufferPointer { decode(contiguous: $0) }
    }

    /// As above, for digits in bytes.
    package static func decode(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
        digits.withUnsafeBufferPointer { decode(contiguous: $0) }
    }

    private static func encode(contiguous bytes: UnsafeBufferPointer<UInt8>) -> String {
        String(unsafeUninitializedCapacity: 2 * bytes.count) { output in
            var position = 0
            for byte in bytes {
                output[position] = digit(byte >> 4)
                output[position + 1] = digit(byte & 15)
                position += 2
            }
            return position
        }
    }

    private static func decode(contiguous digits: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for position in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[position]), let low = value(digits[position + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
