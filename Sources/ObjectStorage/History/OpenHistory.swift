/// The history as the committer goes on with it: the head of the last commit, and the sums that it has changed lately.
///
/// Belongs to the committer's thread.
final class OpenHistory {
    let authenticator: any RowAuthenticator
    private(set) var head: HistoryHead
    private var sums: [Int64: StoredSum] = [:]
    /// A mark that is not known to be in the anchor yet.
    private var pending: HistoryPoint?

    /// Sums of so many parts are kept: of 268 million versions.
    private static let mostKept = 65_536

    init(_ head: HistoryHead, _ authenticator: any RowAuthenticator) {
        self.head = head
        self.authenticator = authenticator
    }

    /// What a transaction makes of it, once it is committed.
    struct Update {
        fileprivate let head: HistoryHead
        fileprivate let sums: [Int64: StoredSum]
    }

    /// A record that came or went.
    struct Change {
        let part: Int64
        let sum: RowSum
        let isAddition: Bool
    }

    /// Writes the sums that the changes are about, and the head.
    func settle(
        _ changes: [Change], summed: Int64, in transaction: Transaction
    ) throws(StorageError) -> Update {
        var differences: [Int64: RowSum] = [:]
        for change in changes {
            if change.isAddition {
                differences[change.part, default: RowSum()] += change.sum
            } else {
                differences[change.part, default: RowSum()] -= change.sum
            }
        }
        var next = head
        var changed: [Int64: StoredSum] = [:]
        for (part, difference) in differences {
            let former: StoredSum? =
                if let known = sums[part] { known } else { try transaction.session.storedSum(of: part, authenticator) }
            var sum = former?.sum ?? RowSum()
            sum += difference
            let stored = StoredSum(sum, of: part, authenticator)
            if let former { next.total -= former.counted }
            next.total += stored.counted
            changed[part] = stored
            try transaction.writeSum(stored.bytes, of: part, commits: 0)
        }
        next.commits += 1
        next.chain = authenticator.chain(after: head.chain, commits: next.commits, next.total)
        next.time = StoreClock.system.wallMilliseconds
        next.summed = summed
        try transaction.writeSum(
            authenticator.seal(next.encoded, commits: next.commits), of: HistoryPart.head, commits: next.commits)
        return Update(head: next, sums: changed)
    }

    /// The transaction is committed.
    func adopt(_ update: Update) {
        // Marks that were made meanwhile stay.
        let marks = head.marks
        head = update.head
        head.marks = marks
        if sums.count + update.sums.count > Self.mostKept { sums.removeAll() }
        sums.merge(update.sums) { $1 }
    }

    // MARK: The anchor

    /// Marks the last commit: every head from now on says that it has come from it.
    ///
    /// As long as the last mark is not confirmed, that one again: nobody knows whether its anchor is there.
    func mark() -> HistoryPoint {
        if let pending { return pending }
        let point = head.point
        if !head.marks.contains(point) { head.marks.append(point) }
        pending = point
        return point
    }

    /// The anchor of this commit is durable: earlier ones are gone.
    func confirm(_ point: HistoryPoint) {
        if pending == point { pending = nil }
        guard let index = head.marks.lastIndex(of: point) else {
            head.marks = [point]
            return
        }
        head.marks.removeFirst(index)
    }
}

extension Transaction {
    fileprivate func writeSum(_ sealed: [UInt8], of part: Int64, commits: Int64) throws(StorageError) {
        try run(
            "INSERT OR REPLACE INTO sums (part, commits, sealed) VALUES (?, ?, ?)", .integer(part), .integer(commits),
            .blob(sealed))
    }
}
