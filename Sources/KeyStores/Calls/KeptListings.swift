import Synchronization

/// Pages of names from a store that can only be walked through as a whole: one walk serves all pages of a listing.
///
/// Names that a walk has found after the page that it was for are kept for a minute, for who goes on from the last name of
/// a page: a listing is a look at one moment. Whoever begins a listing gets a walk of its own. What is kept is bounded;
/// without it, as when a store has too many names, a page costs a walk.
final class KeptListings: Sendable {
    /// Names in the order of their bytes, after the page that they were found for.
    private final class Names: Sendable {
        let sorted: [String]

        init(_ sorted: [String]) { self.sorted = sorted }
    }

    /// Where a listing goes on.
    private struct Position {
        let prefix: String
        /// The last name of the page before.
        let last: String
        let names: Names
        /// Of the first name of the page.
        let offset: Int
        let end: ContinuousClock.Instant
    }

    private static let maximumListings = 3
    private static let maximumPositions = 32
    private static let life = Duration.seconds(60)

    /// The newest last.
    private let positions = Mutex<[Position]>([])

    /// One page of names as ``KeyStore/list(prefix:after:limit:)`` has it.
    ///
    /// - Parameter walk: Gives all names of the store to its argument, in any order.
    func page(
        prefix: String, after last: String?, limit: Int,
        _ walk: ((String) -> Void) async throws(KeyStoreError) -> Void
    ) async throws(KeyStoreError) -> KeyNamePage {
        if let page = page(prefix: prefix, after: last, limit: limit) { return page }
        var found = FoundNames(prefix: prefix, after: last, limit: limit)
        try await walk { found.add($0) }
        return page(of: &found)
    }

    /// The page from what an earlier walk has found; `nil` when there is nothing of the kind.
    func page(prefix: String, after last: String?, limit: Int) -> KeyNamePage? {
        guard let last else { return nil }
        let now = ContinuousClock.now
        return positions.withLock { positions in
            positions.removeAll { $0.end <= now }
            guard let begin = positions.last(where: { $0.prefix == prefix && $0.last == last }) else { return nil }
            let names = begin.names.sorted[begin.offset...].prefix(max(1, limit))
            let isLast = names.endIndex == begin.names.sorted.count
            if !isLast, let last = names.last {
                Self.keep(
                    Position(prefix: prefix, last: last, names: begin.names, offset: names.endIndex, end: begin.end),
                    in: &positions)
            }
            return KeyNamePage(names: Array(names), isLast: isLast)
        }
    }

    /// The page of a walk that is at its end; what it has found after it is kept.
    func page(of found: inout FoundNames) -> KeyNamePage {
        let (page, rest) = found.pageAndRest
        if let rest, !rest.isEmpty, let last = page.names.last {
            let position = Position(
                prefix: found.prefix, last: last, names: Names(rest), offset: 0, end: .now + Self.life)
            positions.withLock { Self.keep(position, in: &$0) }
        }
        return page
    }

    private static func keep(_ position: Position, in positions: inout [Position]) {
        positions.removeAll { $0.prefix == position.prefix && $0.last == position.last }
        positions.append(position)
        var listings: [ObjectIdentifier] = []
        for one in positions.reversed() where !listings.contains(ObjectIdentifier(one.names)) {
            listings.append(ObjectIdentifier(one.names))
        }
        let kept = Set(listings.prefix(maximumListings))
        positions.removeAll { !kept.contains(ObjectIdentifier($0.names)) }
        positions.removeFirst(max(0, positions.count - maximumPositions))
    }
}

/// What a walk through all names of a store finds for a page, and for the pages after it.
struct FoundNames: Sendable {
    /// What names may take in memory, in bytes; of more, only those of the page are found.
    private static let maximumByteCount = 8 << 20
    /// Of a text on the heap, besides its bytes.
    private static let overhead = 48

    let prefix: String
    private var selection: KeyNameSelection
    private var all: [String]? = []
    private var byteCount = 0

    init(prefix: String, after last: String?, limit: Int) {
        self.prefix = prefix
        selection = KeyNameSelection(prefix: prefix, after: last, limit: limit)
    }

    mutating func add(_ name: String) {
        guard selection.add(name), all != nil else { return }
        byteCount += name.utf8.count + Self.overhead
        if byteCount > Self.maximumByteCount { all = nil } else { all?.append(name) }
    }

    /// The page, and in the order of their bytes the names after it; `nil` for those when there were too many.
    fileprivate var pageAndRest: (KeyNamePage, [String]?) {
        mutating get {
            let page = selection.page
            guard !page.isLast, let last = page.names.last else { return (page, []) }
            let rest = all?.filter { last.utf8.lexicographicallyPrecedes($0.utf8) }
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            return (page, rest)
        }
    }
}
