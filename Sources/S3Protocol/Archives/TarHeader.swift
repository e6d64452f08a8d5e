/// One block of 512 bytes that stands before each member of a tar archive (POSIX ustar, with the extensions of pax and GNU).
package struct TarHeader: Sendable {
    package enum Kind: Sendable {
        case file
        case directory
        /// Names and other values of the member that follows, as pax records.
        case attributes
        /// The name of the member that follows, when it is long (GNU).
        case longName
        /// A link, a device, attributes of all members: nothing that an object could be made of.
        case other
        /// A file with holes, whose bytes are not what they seem.
        case sparse
    }

    package static let byteCount = 512

    package let name: String
    /// Bytes that follow, up to the next multiple of 512.
    package let size: Int64
    package let kind: Kind

    /// Nil for the block of zeros that ends an archive.
    ///
    /// - Throws: `malformed` for a wrong checksum, a size that is none, and a name that is no UTF-8.
    package init?(_ block: [UInt8]) throws(TarMalformed) {
        precondition(block.count == Self.byteCount)
        guard block.contains(where: { $0 != 0 }) else { return nil }
        let sum = block.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
        guard try Int64(sum) == Self.number(block[148..<156]) else { throw TarMalformed() }
        size = try Self.number(block[124..<136])
        let isUstar = block[257..<262].elementsEqual("ustar".utf8)
        let prefix = isUstar && block[262] == 0 ? try Self.text(block[345..<500]) : ""
        let own = try Self.text(block[0..<100])
        name = prefix.isEmpty ? own : "\(prefix)/\(own)"
        switch block[156] {
        // Before there were directories of their own, a slash at the end told them.
        case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): kind = name.hasSuffix("/") ? .directory : .file
        case UInt8(ascii: "5"): kind = .directory
        case UInt8(ascii: "x"): kind = .attributes
        case UInt8(ascii: "L"): kind = .longName
        case UInt8(ascii: "S"): kind = .sparse
        default: kind = .other
        }
    }

    private static func text(_ field: ArraySlice<UInt8>) throws(TarMalformed) -> String {
        guard let text = String(validating: field.prefix { $0 != 0 }, as: UTF8.self) else { throw TarMalformed() }
        return text
    }

    /// Octal digits, or with the first bit set a big-endian number (GNU).
    private static func number(_ field: ArraySlice<UInt8>) throws(TarMalformed) -> Int64 {
        var value: Int64 = 0
        if let first = field.first, first & 0x80 != 0 {
            guard first == 0x80 else { throw TarMalformed() }
            for byte in field.dropFirst() {
                guard value >> 55 == 0 else { throw TarMalformed() }
                value = value << 8 | Int64(byte)
            }
            return value
        }
        for byte in field.drop(while: { $0 == 0x20 }) {
            guard byte != 0, byte != 0x20 else { break }
            guard (0x30...0x37).contains(byte) else { throw TarMalformed() }
            value = value << 3 | Int64(byte - 0x30)
        }
        return value
    }
}

package struct TarMalformed: Error {
    package init() {}
}

/// The records of a pax header: `LENGTH NAME=VALUE\n`, each as long as it says.
package enum PaxRecords {
    /// In their order.
    package static func parse(_ bytes: [UInt8]) throws(TarMalformed) -> [(name: String, value: String)] {
        var records: [(name: String, value: String)] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard digits.count < 10, let length = Int(String(decoding: digits, as: UTF8.self)),
                length > digits.count + 2,
                length <= rest.count, rest[rest.startIndex + digits.count] == 0x20,
                rest[rest.startIndex + length - 1] == 0x0A,
                let text = String(validating: rest.prefix(length - 1).dropFirst(digits.count + 1), as: UTF8.self),
                let equals = text.utf8.firstIndex(of: UInt8(ascii: "="))
            else { throw TarMalformed() }
            records.append((String(text[..<equals]), String(text[text.utf8.index(after: equals)...])))
            rest = rest.dropFirst(length)
        }
        return records
    }
}
