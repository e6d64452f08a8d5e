import KESProtocol
import Synchronization

/// Pages of names from a store that hands its own pages out in order, from a name on.
///
/// That its order is the order of bytes is taken for granted until a page shows otherwise; from then on every listing
/// walks through all names (``KeptListings``). Till then at most one page of the store is in memory at a time.
final class NameWalk: Sendable {
    /// One page of the store.
    struct StorePage {
        let names: [String]
        /// Where the next one begins; `nil`: it is the last.
        let next: String?
    }

    private let sortsOtherwise = Atomic(false)
    private let listings = KeptListings()

    /// One page of names as ``KeyStore/list(prefix:after:limit:)`` has it.
    ///
    /// - Parameters:
    ///   - cursor: Where a walk begins that is to have the names from the given one on, that one included.
    ///   - page: The store's page at a cursor; without one its first.
    func page(
        prefix: String, after last: String?, limit: Int, from cursor: (String) -> String,
        _ page: (String?) async throws(KeyStoreError) -> StorePage
    ) async throws(KeyStoreError) -> KeyNamePage {
        if !sortsOtherwise.load(ordering: .relaxed) {
            let begin = max(prefix, last ?? "") { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            if let found = try await ordered(
                prefix: prefix, after: last, limit: limit, from: begin, at: begin.isEmpty ? nil : cursor(begin), page)
            {
                return found
            }
            sortsOtherwise.store(true, ordering: .relaxed)
        }
        return try await listings.page(prefix: prefix, after: last, limit: limit) { (add) throws(KeyStoreError) in
            var next: String?
            var previous: String?
            repeat {
                let found = try await page(next)
                // A page may begin with the name that the one before has ended with.
                for name in found.names where name != previous {
                    add(name)
                    previous = name
                }
                next = found.next
            } while next != nil
        }
    }

    /// `nil` when the order is another.
    private func ordered(
        prefix: String, after last: String?, limit: Int, from begin: String, at cursor: String?,
        _ page: (String?) async throws(KeyStoreError) -> StorePage
    ) async throws(KeyStoreError) -> KeyNamePage? {
        var selection = KeyNameSelection(prefix: prefix, after: last, limit: limit)
        var previous: String?
        var next = cursor
        var count = 0
        repeat {
            let found = try await page(next)
            for name in found.names where name != previous {
                if name.utf8.lexicographicallyPrecedes((previous ?? begin).utf8) { return nil }
                previous = name
                selection.add(name)
                if name != last, name.utf8.starts(with: prefix.utf8), KeyName(name) != nil { count += 1 }
            }
            next = found.next
            // In this order, nothing with the prefix comes after the first name without it.
            let isPast = previous.map { !$0.utf8.starts(with: prefix.utf8) } ?? false
            if isPast || count > limit { break }
        } while next != nil
        return selection.page
    }
}

private func max(_ a: String, _ b: String, _ precedes: (String, String) -> Bool) -> String { precedes(a, b) ? b : a }
