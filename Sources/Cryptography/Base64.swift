/// The standard alphabet of RFC 4648 §4, with padding.
package enum Base64 {
    package static func encode(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: encodedByteCount(bytes.count)) { encode(bytes, into: $0) }
    }

    /// The same as characters in an array, which unlike a string can be wiped.
    package static func encodedBytes(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: encodedByteCount(bytes.count)) { buffer, initialized in
            initialized = encode(bytes, into: buffer)
        }
    }

    private static func encodedByteCount(_ count: Int) -> Int { (count + 2) / 3 * 4 }

    private static func encode(_ bytes: [UInt8], into output: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var source = 0
        var target = 0
        while source < bytes.count {
            let present = min(3, bytes.count - source)
            var group = UInt32(bytes[source]) << 16
            if present > 1 { group |= UInt32(bytes[source + 1]) << 8 }
            if present > 2 { group |= UInt32(bytes[source + 2]) }
            output[target] = character(group >> 18 & 63)
            output[target + 1] = character(group >> 12 & 63)
            output[target + 2] = present > 1 ? character(group >> 6 & 63) : padding
            output[target + 3] = present > 2 ? character(group & 63) : padding
            source += 3
            target += 4
        }
        return target
    }

    /// The bytes, or `nil` on any flaw: a foreign character (white space too), missing or misplaced padding, or bits
    /// set where the last character carries none.
    ///
    /// So a value has exactly one accepted spelling. What was decoded before a flaw is wiped.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let known = text.utf8.withContiguousStorageIfAvailable { decode($0) }
        return known ?? Array(text.utf8).withUnsafeBufferPointer { decode($0) }
    }

    /// The same for characters in memory.
    package static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        var padded = 0
        while padded < min(2, text.count), text[text.count - 1 - padded] == padding { padded += 1 }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var group: UInt32 = 0
        for position in 0..<(text.count - padded) {
            guard let value = value(text[position]) else {
                wipe(&bytes)
                return nil
            }
            group = group << 6 | value
            guard position & 3 == 3 else { continue }
            bytes.append(UInt8(truncatingIfNeeded: group >> 16))
            bytes.append(UInt8(truncatingIfNeeded: group >> 8))
            bytes.append(UInt8(truncatingIfNeeded: group))
            group = 0
        }
        // Two characters carry one byte and four unused bits, three carry two bytes and two unused bits.
        if padded == 2 {
            guard group & 15 == 0 else {
                wipe(&bytes)
                return nil
            }
            bytes.append(UInt8(truncatingIfNeeded: group >> 4))
        } else if padded == 1 {
            guard group & 3 == 0 else {
                wipe(&bytes)
                return nil
            }
            bytes.append(UInt8(truncatingIfNeeded: group >> 10))
            bytes.append(UInt8(truncatingIfNeeded: group >> 2))
        }
        return bytes
    }

    /// Appends the characters to text that is being built, in one piece.
    package static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
        alphabet.withUTF8Buffer { alphabet in
            text.reserveCapacity(text.count + (bytes.count + 2) / 3 * 4)
            var position = 0
            while position + 2 < bytes.count {
                let group =
                    Int(bytes[position]) << 16 | Int(bytes[position + 1]) << 8 | Int(bytes[position + 2])
                text.append(alphabet[group >> 18])
                text.append(alphabet[group >> 12 & 63])
                text.append(alphabet[group >> 6 & 63])
                text.append(alphabet[group & 63])
                position += 3
            }
            guard position < bytes.count else { return }
            let hasTwo = position + 1 < bytes.count
            let group = Int(bytes[position]) << 16 | (hasTwo ? Int(bytes[position + 1]) << 8 : 0)
            text.append(alphabet[group >> 18])
            text.append(alphabet[group >> 12 & 63])
            text.append(hasTwo ? alphabet[group >> 6 & 63] : padding)
            text.append(padding)
        }
    }

    /// As ``decode(_:)``, but takes what Go's decoder takes: line ends anywhere, and bits set where the last character
    /// carries none.
    package static func decodeLeniently(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        values.withUnsafeBufferPointer { values in
            var group: UInt32 = 0
            var filled = 0
            var padded = 0
            let capacity = text.count / 4 * 3 + 3
            var isValid = true
            var bytes = [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
                for character in text {
                    let value = values[Int(character)]
                    if value < 64 {
                        guard padded == 0 else { return isValid = false }
                        group = group << 6 | UInt32(value)
                        filled += 1
                        guard filled == 4 else { continue }
                        output[count] = UInt8(truncatingIfNeeded: group >> 16)
                        output[count + 1] = UInt8(truncatingIfNeeded: group >> 8)
                        output[count + 2] = UInt8(truncatingIfNeeded: group)
                        count += 3
                        filled = 0
                    } else if character == padding {
                        padded += 1
                    } else if character != UInt8(ascii: "\n"), character != UInt8(ascii: "\r") {
                        return isValid = false
                    }
                }
                switch (filled, padded) {
                case (0, 0): break
                case (2, 2):
                    output[count] = UInt8(truncatingIfNeeded: group >> 4)
                    count += 1
                case (3, 1):
                    output[count] = UInt8(truncatingIfNeeded: group >> 10)
                    output[count + 1] = UInt8(truncatingIfNeeded: group >> 2)
                    count += 2
                default: isValid = false
                }
            }
            guard isValid else {
                wipe(&bytes)
                return nil
            }
            return bytes
        }
    }

    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    /// What each character stands for; 255 for those that are not in the alphabet.
    private static let values = (UInt8.min...UInt8.max).map { value($0).map(UInt8.init) ?? 255 }

    private static let padding = UInt8(ascii: "=")

    private static func character(_ value: UInt32) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: value)
        return switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + value - 26
        case 52..<62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }

    private static func value(_ character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
