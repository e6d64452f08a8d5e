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
        text += [UInt8](unsafeUninitializedCapacity: 2 * bytes.count) { output, count in
            count = bytes.withUnsafeBytes { write($0, to: UnsafeMutableRawBufferPointer(output)) }
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
            write(UnsafeRawBufferPointer(bytes), to: UnsafeMutableRawBufferPointer(output))
        }
    }

    /// Writes the digits to memory that has room for them; their number.
    private static func write(_ bytes: UnsafeRawBufferPointer, to text: UnsafeMutableRawBufferPointer) -> Int {
        var position = 0
        while position + 4 <= bytes.count {
            let word = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
            text.storeBytes(of: HexWord.digits(of: word).littleEndian, toByteOffset: 2 * position, as: UInt64.self)
            position += 4
        }
        while position < bytes.count {
            text[2 * position] = HexDigit.lowercase(bytes[position] >> 4)
            text[2 * position + 1] = HexDigit.lowercase(bytes[position] & 15)
            position += 1
        }
        return 2 * bytes.count
    }

    private static func decode(contiguous digits: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var areDigits = true
        let bytes = [UInt8](unsafeUninitializedCapacity: digits.count / 2) { bytes, count in
            areDigits = read(UnsafeRawBufferPointer(digits), to: UnsafeMutableRawBufferPointer(bytes))
            count = areDigits ? digits.count / 2 : 0
        }
        return areDigits ? bytes : nil
    }

    /// Writes the bytes that an even number of digits stand for to memory that has room for them; false for what are none.
    private static func read(_ digits: UnsafeRawBufferPointer, to bytes: UnsafeMutableRawBufferPointer) -> Bool {
        var position = 0
        while position + 8 <= digits.count {
            let word = UInt64(littleEndian: digits.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            guard let four = HexWord.bytes(of: word) else { return false }
            bytes.storeBytes(of: four.littleEndian, toByteOffset: position / 2, as: UInt32.self)
            position += 8
        }
        while position < digits.count {
            guard let high = HexDigit.value(digits[position]), let low = HexDigit.value(digits[position + 1])
            else { return false }
            bytes[position / 2] = high << 4 | low
            position += 2
        }
        return true
    }
}
