import Glibc

/// One header line cut into name and value, if it is one.
///
/// That is: a token, a colon at once, a value without control bytes but tabs, CRLF. Folded lines, a bare CR and a bare
/// LF are none.
struct HeaderLine {
    let name: UnsafeRawBufferPointer
    /// The name's index in ``HeaderNameTable``.
    let known: Int?
    /// Without surrounding spaces and tabs.
    let value: UnsafeRawBufferPointer
    let hasNonASCIIValue: Bool

    /// `line` ends with its LF.
    init?(_ line: UnsafeRawBufferPointer) {
        guard line.count >= 3, line[line.count - 2] == .carriageReturn else { return nil }
        let content = UnsafeRawBufferPointer(rebasing: line[..<(line.count - 2)])
        guard let colon = content.firstIndex(UInt8(ascii: ":")), colon > 0 else { return nil }
        name = UnsafeRawBufferPointer(rebasing: content[..<colon])
        known = HeaderNameTable.shared.index(of: name)
        guard known != nil || name.allSatisfy(\.isTokenByte) else { return nil }
        let rest = UnsafeRawBufferPointer(rebasing: content[(colon + 1)...])
        let found = rest.examined(below: 0x20)
        if found.hasControl {
            for byte in rest where byte < 0x20 && byte != UInt8(ascii: "\t") || byte == 0x7f { return nil }
        }
        value = rest.trimmed()
        hasNonASCIIValue = found.hasNonASCII
    }
}

extension UInt8 {
    /// RFC 9110 token characters: letters, digits and ``!#$%&'*+-.^_`|~``.
    var isTokenByte: Bool {
        // A bit for each of the 128 ASCII codes.
        let half: UInt64 = self < 64 ? 0x03ff_6cfa_0000_0000 : 0x57ff_ffff_c7ff_fffe
        return self < 128 && half >> UInt64(self & 63) & 1 == 1
    }

    var isSpaceOrTab: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }

    var lowercased: UInt8 {
        self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
    }
}

extension UnsafeRawBufferPointer {
    /// The index of the first LF.
    func firstLineEnd(from start: Int = 0) -> Int? { firstIndex(.lineFeed, from: start) }

    /// The index of the first such byte.
    func firstIndex(_ byte: UInt8, from start: Int = 0) -> Int? {
        guard let base = baseAddress, start < count, let found = memchr(base + start, Int32(byte), count - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }

    func trimmed() -> UnsafeRawBufferPointer {
        var start = 0
        var end = count
        while start < end, self[start].isSpaceOrTab { start += 1 }
        while end > start, self[end - 1].isSpaceOrTab { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: self[start..<end])
    }

    /// Whether a byte is below `bound`, which is at most 0x80, or 0x7f, and whether one is above that.
    ///
    /// Eight bytes at a time.
    func examined(below bound: UInt8) -> (hasControl: Bool, hasNonASCII: Bool) {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let (tops, bounds, deletes) = (ones << 7, ones &* UInt64(bound), ones &* 0x7f)
        var (controls, bits): (UInt64, UInt64) = (0, 0)
        func examine(_ word: UInt64) {
            let delete = word ^ deletes
            controls |= ((word &- bounds) & ~word | (delete &- ones) & ~delete) & tops
            bits |= word
        }
        var offset = 0
        while offset + 8 <= count {
            examine(loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        if offset < count {
            // The filler, an @, is neither.
            var word = ones &* 0x40
            while offset < count {
                word = word << 8 | UInt64(self[offset])
                offset += 1
            }
            examine(word)
        }
        return (controls != 0, bits & tops != 0)
    }

    /// Compares with ASCII text in lower case, without regard to case.
    func isCaseInsensitively(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { zip(self, $0).allSatisfy { $0.lowercased == $1 } }
    }

    func isCaseInsensitively(_ other: UnsafeRawBufferPointer) -> Bool {
        count == other.count && zip(self, other).allSatisfy { $0.lowercased == $1.lowercased }
    }

    func starts(with text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { zip(self, $0).allSatisfy { $0 == $1 } }
    }
}
