import JSON

/// One page of names, chosen from all secrets of a vault, as far as they were gone through.
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
    private var selection: KeyNameSelection
    private let begin = ContinuousClock.now

    init(prefix: String, after last: String?, limit: Int) {
        self.prefix = prefix
        self.last = last
        self.limit = limit
        selection = KeyNameSelection(prefix: prefix, after: last, limit: limit)
    }

    /// False when an item is malformed.
    mutating func add(_ page: AzureVault.Page) -> Bool {
        for item in page.items {
            guard let name = item["id"]?.string?.split(separator: "/").last else { return false }
            // Secrets that the vault keeps for a certificate are nobody's keys.
            if item["managed"]?.boolean == true { continue }
            let tag = item["tags"]?[AzureSecretVersion.Tag.key]?.string
            selection.add(AzureSecretVersion.keyName(String(name), tag: tag))
        }
        count += page.items.count
        next = page.next
        return true
    }

    var page: KeyNamePage {
        mutating get { selection.page }
    }

    /// Whether to go on with it for who asks now; the vault's links end, and keys come and go.
    func answers(prefix: String, after last: String?, limit: Int, at now: ContinuousClock.Instant = .now) -> Bool {
        self.prefix == prefix && self.last == last && self.limit == limit && now < begin + Self.longestLife
    }

    private static let longestLife = Duration.seconds(300)
}
