extension StringProtocol {
    /// Whether both texts have the same bytes.
    ///
    /// `==` finds texts equal that look alike ("é" as one character or as two), and hashes them alike. Keys, tags and
    /// whatever else a client names are their bytes.
    package func hasSameBytes(as other: some StringProtocol) -> Bool {
        utf8.elementsEqual(other.utf8)
    }
}

extension String {
    /// The same, at the speed of the memory: what most texts are compared by.
    package func hasSameBytes(as other: String) -> Bool {
        utf8.count == other.utf8.count && hasPrefix(bytesOf: other)
    }

    /// Whether the text begins with the bytes of another one.
    package func hasPrefix(bytesOf prefix: String) -> Bool {
        guard prefix.utf8.count <= utf8.count else { return false }
        let answer = utf8.withContiguousStorageIfAvailable { text in
            prefix.utf8.withContiguousStorageIfAvailable { prefix in
                haveEqualBytes(
                    UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: text[..<prefix.count])),
                    UnsafeRawBufferPointer(prefix))
            }
        }
        // Texts that came from other languages' runtimes are not in one piece.
        return (answer ?? nil) ?? utf8.starts(with: prefix.utf8)
    }
}
