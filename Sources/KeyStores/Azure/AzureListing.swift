import JSON
import Synchronization

/// A walk through all secrets of a vault for one page of names, as far as it has come.
///
/// A vault gives 25 names a request, each page only after the one before. For tens of thousands of them one call has not
/// time enough, so whoever asks the same again goes on where the last one stopped.
struct AzureListing: Sendable {
    let prefix: String
    let last: String?
    let limit: Int
    /// The path of the page that follows; `nil` when all were gone through.
    private(set) var next: String? = "/secrets"
    /// How many secrets were gone through.
    private(set) var count = 0
    fileprivate var found: FoundNames
    private let begin = ContinuousClock.now

    init(prefix: String, after last: String?, limit: Int) {
        self.prefix = prefix
        self.last = last
        self.limit = limit
        found = FoundNames(prefix: prefix, after: last, limit: limit)
    }

    /// False when an item is malformed.
    mutating func add(_ page: AzureVault.Page) -> Bool {
        for item in page.items {
            guard let name = item["id"]?.string?.split(separator: "/").last else { return false }
            // Secrets that the vault keeps for a certificate are nobody's keys.
            if item["managed"]?.boolean == true { continue }
            let tag = item["tags"]?[AzureSecretVersion.Tag.key]?.string
            found.add(AzureSecretVersion.keyName(String(name), tag: tag))
        }
        count += page.items.count
        next = page.next
        return true
    }

    /// Whether it is what somebody asks for.
    func answers(prefix: String, after last: String?, limit: Int) -> Bool {
        self.prefix == prefix && self.last == last && self.limit == limit
    }

    /// The vault's links end, and keys come and go.
    func isTooOld(at now: ContinuousClock.Instant) -> Bool { now >= begin + Self.longestLife }

    private static let longestLife = Duration.seconds(300)
}

/// The listings of a vault that have more pages, or took more time than their calls had.
final class AzureListings: Sendable {
    private static let maximumCount = 4

    private let kept = KeptListings()
    /// The newest last; of several callers that list at once, each goes on with its own.
    private let unfinished = Mutex<[AzureListing]>([])

    /// The page from what is known already.
    func page(prefix: String, after last: String?, limit: Int) -> KeyNamePage? {
        kept.page(prefix: prefix, after: last, limit: limit)
    }

    /// The walk for a page: the one that was not finished, or a new one.
    func begin(prefix: String, after last: String?, limit: Int) -> AzureListing {
        unfinished.withLock { listings in
            listings.removeAll { $0.isTooOld(at: .now) }
            guard let index = listings.lastIndex(where: { $0.answers(prefix: prefix, after: last, limit: limit) })
            else {
                return AzureListing(prefix: prefix, after: last, limit: limit)
            }
            return listings.remove(at: index)
        }
    }

    /// Keeps a walk for who asks again.
    func suspend(_ listing: AzureListing) {
        unfinished.withLock { listings in
            listings.append(listing)
            listings.removeFirst(max(0, listings.count - Self.maximumCount))
        }
    }

    /// The page of a walk that is at its end.
    func end(_ listing: inout AzureListing) -> KeyNamePage { kept.page(of: &listing.found) }
}
