import Glibc

/// One header line cut into name and value, if it is one.
///
/// That is: a token, a colon at once, a value without control bytes but tabs, CRLF. Folded lines, a bare CR and a bare
/// LF are none.
struct HeaderLine {
    let name: UnsafeRawBufferPointer
    /// Without surrounding spaces and tabs.
    let value: UnsafeRawBufferPointer
    let hasNonASCIIValue: Bool

    /// `line` ends with its LF.
    init?(_ line: UnsafeRawBufferPointer) {
        guard line.count >= 3, line[line.count - 2] == .carriageReturn else { return nil }
        let content = UnsafeRawBufferPointer(rebasing: line[..<(line.count - 2)])
        var colon = 0
        while colon < content.count, content[colon].isTokenByte { colon += 1 }
        guard colon > 0, colon < content.count, content[colon] == UInt8(ascii: ":") else { return nil }
        var bits: UInt8 = 0
        for byte in content[(colon + 1)...] {
            guard byte >= 0x20 || byte == UInt8(ascii: "\t"), byte != 0x7f else { return nil }
            bits |= byte
        }
        name = UnsafeRawBufferPointer(rebasing: content[..<colon])
        value = UnsafeRawBufferPointer(rebasing: content[(colon + 1)...]).trimmed()
        hasNonASCIIValue = bits >= 0x80
    }
}

extension UInt8 {
    /// RFC 9110 token characters.
    var isTokenByte: Bool {
        let half = self < 64 ? tokenBytes.low >> UInt64(self) : tokenBytes.high >> UInt64(self & 63)
        return self < 128 && half & 1 == 1
    }

    var isSpaceOrTab: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }

    var lowercased: UInt8 {
        self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
    }
}

/// A bit for each of the 128 ASCII codes.
private let tokenBytes: (low: UInt64, high: UInt64) = {
    var set: (low: UInt64, high: UInt64) = (0, 0)
    let characters: StaticString =
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    characters.withUTF8Buffer {
        for byte in $0 {
            if byte < 64 { set.low |= 1 << UInt64(byte) } else { set.high |= 1 << UInt64(byte & 63) }
        }
    }
    return set
}()

extension UnsafeRawBufferPointer {
    /// The index of the first LF.
    func firstLineEnd(from start: Int = 0) -> Int? {
        guard let base = baseAddress, start < count,
            let found = memchr(base + start, Int32(UInt8.lineFeed), count - start)
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
