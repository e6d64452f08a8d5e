/// An IP address, or the addresses that begin with the same bits: `203.0.113.0/24`, `2001:db8::/32`.
package struct AddressRange: Hashable, Sendable {
    /// 4 bytes, or 16.
    package let bytes: [UInt8]
    /// Bits that count, from the first on.
    package let prefixLength: Int

    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let bytes = Self.version4(parts[0]) ?? Self.version6(parts[0]) else { return nil }
        self.bytes = bytes
        guard parts.count == 2 else {
            prefixLength = bytes.count * 8
            return
        }
        guard let length = Self.number(parts[1], upTo: bytes.count * 8) else { return nil }
        prefixLength = length
    }

    package var isVersion4: Bool { bytes.count == 4 }

    /// Whether every address of the other one is also one of these.
    package func contains(_ other: AddressRange) -> Bool {
        guard bytes.count == other.bytes.count, prefixLength <= other.prefixLength else { return false }
        let whole = prefixLength / 8
        guard bytes.prefix(whole) == other.bytes.prefix(whole) else { return false }
        let rest = prefixLength % 8
        guard rest > 0 else { return true }
        return bytes[whole] >> (8 - rest) == other.bytes[whole] >> (8 - rest)
    }

    private static func version4(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        let bytes = parts.compactMap { number($0, upTo: 255).map { UInt8($0) } }
        return bytes.count == 4 ? bytes : nil
    }

    /// Groups of four hexadecimal digits; `::` for as many groups of zero as are missing; the last two may be written as
    /// a version 4 address.
    private static func version6(_ text: Substring) -> [UInt8]? {
        guard text.utf8.count <= 45, text.utf8.contains(UInt8(ascii: ":")) else { return nil }
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        guard halves.count <= 2, let head = groups(halves[0], mayEndIn4: halves.count == 1) else { return nil }
        guard halves.count == 2 else { return head.count == 16 ? head : nil }
        guard let tail = groups(halves[1], mayEndIn4: true), head.count + tail.count <= 14 else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    private static func groups(_ text: Substring, mayEndIn4: Bool) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        var bytes: [UInt8] = []
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, group) in groups.enumerated() {
            if mayEndIn4, index == groups.count - 1, let last = version4(group) {
                bytes += last
                continue
            }
            guard (1...4).contains(group.utf8.count),
                group.utf8.allSatisfy({ UnicodeScalar($0).properties.isASCIIHexDigit }),
                let value = UInt16(group, radix: 16)
            else { return nil }
            bytes += [UInt8(value >> 8), UInt8(value & 255)]
        }
        return bytes
    }

    private static func number(_ text: Substring, upTo greatest: Int) -> Int? {
        guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            text.utf8.count == 1 || text.utf8.first != 0x30, let number = Int(text), number <= greatest
        else { return nil }
        return number
    }
}
