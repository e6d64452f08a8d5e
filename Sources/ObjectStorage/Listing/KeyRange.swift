/// Which keys a listing shows, and which of them as one: keys are bytes.
struct KeyRange {
    private let prefix: [UInt8]
    private let delimiter: [UInt8]
    private let skipPrefix: [UInt8]?

    init(prefix: String, delimiter: String?, skipPrefix: String? = nil) {
        self.prefix = Array(prefix.utf8)
        self.delimiter = Array((delimiter ?? "").utf8)
        self.skipPrefix = skipPrefix.map { Array($0.utf8) }
    }

    /// The bytes at which to seek in the index for the keys strictly behind `after`.
    func start(after: String?) -> [UInt8] {
        guard let after, !Array(after.utf8).lexicographicallyPrecedes(prefix) else { return prefix }
        // The first key behind `after` is `after` with a zero byte.
        return Array(after.utf8) + [0]
    }

    enum Decision {
        /// No further key is in the range.
        case end
        /// No key that begins with these bytes is shown.
        case jump(past: [UInt8])
        /// All keys that begin with these bytes are shown as one common prefix.
        case fold([UInt8])
        case entry
    }

    /// What the listing does about a key that is not before the range.
    func decide(_ key: UnsafeRawBufferPointer) -> Decision {
        guard key.starts(with: prefix) else { return .end }
        if let skipPrefix, key.starts(with: skipPrefix) { return .jump(past: skipPrefix) }
        if !delimiter.isEmpty, let end = firstRange(of: delimiter, in: key, from: prefix.count) {
            return .fold(Array(key[..<end]))
        }
        return .entry
    }
}

/// Where the first occurrence of `needle` at or behind `start` ends.
private func firstRange(of needle: [UInt8], in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard bytes.count - start >= needle.count else { return nil }
    for index in start...(bytes.count - needle.count)
    where bytes[index] == needle[0] && bytes[index..<(index + needle.count)].elementsEqual(needle) {
        return index + needle.count
    }
    return nil
}

/// The least byte string greater than everything that begins with `prefix`; nil when there is none.
func successor(of prefix: [UInt8]) -> [UInt8]? {
    guard let last = prefix.lastIndex(where: { $0 != 0xff }) else { return nil }
    return Array(prefix[..<last]) + [prefix[last] + 1]
}
