import Glibc

/// A rule of a policy: a path, or with a `*` at its end everything that begins so.
///
/// The star also stands for slashes and for nothing at all; anywhere else it is a character like others. An empty rule
/// matches nothing.
struct PolicyRule: Hashable, Sendable {
    private let text: [UInt8]
    private let isPrefix: Bool
    private let isEmpty: Bool

    init(_ rule: String) {
        var text = Array(rule.utf8)
        isEmpty = text.isEmpty
        isPrefix = text.last == UInt8(ascii: "*")
        if isPrefix { text.removeLast() }
        self.text = text
    }

    /// Whether it is about `path`, percent-decoded and without a query.
    func matches(_ path: UnsafeBufferPointer<UInt8>) -> Bool {
        guard !isEmpty, isPrefix ? path.count >= text.count : path.count == text.count else { return false }
        guard let start = path.baseAddress, !text.isEmpty else { return true }
        return memcmp(start, text, text.count) == 0
    }
}
