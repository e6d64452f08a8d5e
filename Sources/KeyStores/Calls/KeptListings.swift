import Synchronization

/// Pages of names from a store that can only be walked through as a whole: one walk serves all pages of a listing.
///
/// What a walk has found is kept for a minute, for who goes on from a name that it has given: a listing is a look at one
/// moment. Whoever begins a listing gets a walk of its own. What is kept is bounded; without it, as when a store has too many
/// names, a page costs a walk.
final class KeptListings: Sendable {
    /// What one walk has found.
    private struct Listing: Sendable {
        let prefix: String
        /// In the order of their bytes.
        let names: [String]
        /// How many were given.
        var given: Int
        let end: ContinuousClock.Instant
    }

    private static let maximumCount = 3
    /// Listings of fewer names are not worth it.
    private static let shortest = 1000
    private static let life = Duration.seconds(60)

    /// The newest last.
    private let listings = Mutex<[Listing]>([])

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
        return listings.withLock { listings in
            let now = ContinuousClock.now
            listings.removeAll { $0.end <= now }
            for index in listings.indices.reversed() where listings[index].prefix == prefix {
                let names = listings[index].names
                let begin = Self.place(of: last, in: names)
                guard begin < listings[index].given, names[begin].utf8.elementsEqual(last.utf8) else { continue }
                let page = names[(begin + 1)...].prefix(max(1, limit))
                listings[index].given = max(listings[index].given, page.endIndex)
                return KeyNamePage(names: Array(page), isLast: page.endIndex == names.count)
            }
            return nil
        }
    }

    /// The page of a walk that is at its end; what it has found is kept.
    func page(of found: inout FoundNames) -> KeyNamePage {
        let page = found.page
        // A key server cuts pages, too, where an answer would be too long.
        if page.names.count > Self.shortest, let names = found.all {
            let listing = Listing(
                prefix: found.prefix, names: names, given: page.names.count, end: .now + Self.life)
            listings.withLock { listings in
                listings.append(listing)
                listings.removeFirst(max(0, listings.count - Self.maximumCount))
            }
        }
        return page
    }

    /// Where a name is in names that are sorted, or would be.
    private static func place(of name: String, in names: [String]) -> Int {
        var (low, high) = (0, names.count)
        while low < high {
            let middle = (low + high) / 2
            if names[middle].utf8.lexicographicallyPrecedes(name.utf8) { low = middle + 1 } else { high = middle }
        }
        return low
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
    private var names: [String]? = []
    private var byteCount = 0

    init(prefix: String, after last: String?, limit: Int) {
        self.prefix = prefix
        selection = KeyNameSelection(prefix: prefix, after: last, limit: limit)
    }

    mutating func add(_ name: String) {
        guard selection.add(name), names != nil else { return }
        byteCount += name.utf8.count + Self.overhead
        if byteCount > Self.maximumByteCount { names = nil } else { names?.append(name) }
    }

    var page: KeyNamePage {
        mutating get { selection.page }
    }

    /// Every name, in the order of their bytes; `nil` when there were too many.
    var all: [String]? { names?.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
}
