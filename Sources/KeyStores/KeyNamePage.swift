import KESProtocol

/// One page of a listing of keys.
package struct KeyNamePage: Sendable, Hashable {
    /// Names of keys in the order of their bytes.
    package var names: [String]
    /// Whether no name follows; otherwise the next page begins after the last name of this one, which is not empty.
    package var isLast: Bool

    package init(names: [String], isLast: Bool) {
        self.names = names
        self.isLast = isLast
    }
}

/// Chooses the names of one page from all that a store has, given in any order.
///
/// It never holds more than twice as many as the page has.
struct KeyNameSelection {
    private let prefix: String
    private let last: String?
    private let limit: Int
    private var names: [String] = []
    private var hasMore = false

    init(prefix: String, after last: String?, limit: Int) {
        self.prefix = prefix
        self.last = last
        self.limit = max(1, limit)
    }

    /// Whether the name is one of a key on this page or on one after it.
    @discardableResult
    mutating func add(_ name: String) -> Bool {
        guard name.utf8.starts(with: prefix.utf8), KeyName(name) != nil else { return false }
        if let last, !last.utf8.lexicographicallyPrecedes(name.utf8) { return false }
        names.append(name)
        if names.count >= 2 * limit { cut() }
        return true
    }

    var page: KeyNamePage {
        mutating get {
            cut()
            return KeyNamePage(names: names, isLast: !hasMore)
        }
    }

    private mutating func cut() {
        names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard names.count > limit else { return }
        names.removeLast(names.count - limit)
        hasMore = true
    }
}
