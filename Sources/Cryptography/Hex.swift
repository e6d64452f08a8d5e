import Notation

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
            text.append(HexDigit.lowercase(byte >> 4))
            text.append(HexDigit.lowercase(byte & 15))
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
                output[position] = HexDigit.lowercase(byte >> 4)
                output[position + 1] = HexDigit.lowercase(byte & 15)
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
            guard let high = HexDigit.value(digits[position]), let low = HexDigit.value(digits[position + 1])
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}
