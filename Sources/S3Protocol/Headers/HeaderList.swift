import Glibc

// Loops over headers go by index: an iterator gives out copies, two references more and less for each header.

extension [(name: String, value: String)] {
    /// The value of the first header called `name`, which is in lower case.
    package func firstValue(of name: String) -> String? {
        let count = name.utf8.count
        for index in indices where self[index].name.utf8.count == count && self[index].name == name {
            return self[index].value
        }
        return nil
    }
}

extension String {
    /// Whether the text begins with these bytes.
    ///
    /// `hasPrefix` compares by canonical equivalence, which the names of headers do not need.
    @inline(__always)
    package func begins(with prefix: StaticString) -> Bool {
        let count = prefix.utf8CodeUnitCount
        guard utf8.count >= count else { return false }
        return prefix.withUTF8Buffer { prefix in
            utf8.withContiguousStorageIfAvailable { text in
                haveEqualBytes(
                    UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: text[..<count])),
                    UnsafeRawBufferPointer(prefix))
            } ?? utf8.starts(with: prefix)
        }
    }
}

extension String {
    /// The byte at a position, `nil` behind the last.
    @inline(__always)
    func byte(at position: Int) -> UInt8? {
        guard position < utf8.count else { return nil }
        return utf8.withContiguousStorageIfAvailable { $0[position] } ?? Array(utf8)[position]
    }
}

/// Whether two pieces of memory of one length hold the same bytes.
@inline(__always)
func haveEqualBytes(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
    guard let first = one.baseAddress, let second = other.baseAddress else { return one.count == other.count }
    return one.count == other.count && memcmp(first, second, one.count) == 0
}
