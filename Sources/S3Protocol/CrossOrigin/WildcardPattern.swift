/// A text with at most one `*`, which stands for any characters or none.
package struct WildcardPattern: Hashable, Sendable {
    package let text: String
    /// What comes before and after the `*`; nil without one.
    private let ends: Ends?

    private struct Ends: Hashable, Sendable {
        let prefix: [UInt8]
        let suffix: [UInt8]
    }

    /// Nil for a text with several `*`.
    package init?(_ text: String) {
        self.text = text
        let parts = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
        switch parts.count {
        case 1: ends = nil
        case 2: ends = Ends(prefix: Array(parts[0]), suffix: Array(parts[1]))
        default: return nil
        }
    }

    private init() {
        text = "*"
        ends = Ends(prefix: [], suffix: [])
    }

    /// Fits every text.
    package static let any = WildcardPattern()

    package var isAny: Bool { ends.map { $0.prefix.isEmpty && $0.suffix.isEmpty } ?? false }

    /// Whether the text fits, compared byte by byte.
    package func matches(_ candidate: String) -> Bool {
        guard let ends else { return candidate.hasSameBytes(as: text) }
        let bytes = candidate.utf8
        return bytes.count >= ends.prefix.count + ends.suffix.count && bytes.starts(with: ends.prefix)
            && bytes.suffix(ends.suffix.count).elementsEqual(ends.suffix)
    }
}
