import KESProtocol
import Notation
import S3Protocol

extension FuzzTarget {
    /// A pattern and a text, which take no time that grows with a power of their lengths; a naive reading agrees.
    static let pattern = FuzzTarget("pattern") { (bytes) throws(BrokenPromise) in
        let parts = bytes.parts
        guard parts.count >= 2, let pattern = String(validating: parts[0], as: UTF8.self),
            let text = String(validating: parts[1], as: UTF8.self)
        else { return }
        let matches = GlobPattern(pattern).matches(text)
        try require(matches == naive(Array(pattern.unicodeScalars), Array(text.unicodeScalars)), "\(matches)")
        if let wildcard = WildcardPattern(pattern) { _ = wildcard.matches(text) }
        if let list = ListPattern(pattern) { _ = list.matches(text) }
        _ = AddressRange(pattern)
    }

    /// By a table of all prefixes.
    private static func naive(_ pattern: [Unicode.Scalar], _ text: [Unicode.Scalar]) -> Bool {
        var row = [Bool](repeating: false, count: text.count + 1)
        row[0] = true
        for symbol in pattern {
            var next = [Bool](repeating: false, count: text.count + 1)
            next[0] = symbol == "*" && row[0]
            for index in text.indices {
                switch symbol {
                case "*": next[index + 1] = row[index + 1] || next[index]
                case "?": next[index + 1] = row[index]
                default: next[index + 1] = row[index] && text[index] == symbol
                }
            }
            row = next
        }
        return row[text.count]
    }
}
