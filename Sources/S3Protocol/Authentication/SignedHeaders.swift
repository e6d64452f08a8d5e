/// The names of the headers that a signature covers.
///
/// Their order is the alphabet's, except curl's: it sorts whole lines, so that `encryption-x` comes before `encryption`.
/// What is signed is the same either way. Kept as the one text that the canonical request repeats, so that no name of it
/// becomes a string of its own.
struct SignedHeaders: Sendable {
    /// Lower-case names in the order signed, separated by semicolons.
    let text: [UInt8]

    init(_ names: [String]) {
        text = Array(names.joined(separator: ";").utf8)
    }

    /// Bytes of a list as it may be sent: each header of a request is looked for in it.
    private static let greatestLength = 16 * 1024

    /// The list as it was sent; nil if a name in it is empty, or if it is longer than any that a client makes.
    init?(sent text: ArraySlice<UInt8>) {
        guard text.count <= Self.greatestLength else { return nil }
        var text = Array(text)
        var isEmpty = true
        for (index, byte) in text.enumerated() {
            if byte == Self.separator {
                guard !isEmpty else { return nil }
                isEmpty = true
            } else {
                isEmpty = false
                if (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) { text[index] = byte | 0x20 }
            }
        }
        guard !isEmpty else { return nil }
        self.text = text
    }

    func contains(_ name: String) -> Bool {
        var start = 0
        while let range = range(from: start) {
            if spells(range, name) { return true }
            start = range.upperBound + 1
        }
        return false
    }

    var names: [String] {
        text.split(separator: Self.separator).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Where the name that begins at `start` stands; nil behind the last one.
    func range(from start: Int) -> Range<Int>? {
        guard start < text.count else { return nil }
        var end = start
        while end < text.count, text[end] != Self.separator { end += 1 }
        return start..<end
    }

    /// Whether `name` is what stands at `range`.
    func spells(_ range: Range<Int>, _ name: String) -> Bool {
        guard name.utf8.count == range.count else { return false }
        return text.withUnsafeBytes { text in
            let signed = UnsafeRawBufferPointer(rebasing: text[range])
            return name.utf8.withContiguousStorageIfAvailable { haveEqualBytes(UnsafeRawBufferPointer($0), signed) }
                ?? signed.elementsEqual(name.utf8)
        }
    }

    private static let separator = UInt8(ascii: ";")
}
