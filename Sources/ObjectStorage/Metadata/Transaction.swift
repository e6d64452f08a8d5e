/// The committer's open transaction, as the mutations see it.
///
/// Confined to the committer's thread. What cannot be undone with a savepoint is kept here in lists that are cut back
/// when a mutation fails, and takes effect when the whole batch does.
final class Transaction {
    let session: Session
    /// The run that data keys inserted now belong to.
    let epoch: Int64
    /// How many versions a key may have.
    let versionLimit: (@Sendable () -> Int?)?
    /// What the batch adds to the reference counts of data keys.
    private var references: [(key: DataKeyID, change: Int64)] = []
    private var blobs: [BlobID] = []
    private var greatestOrder: Int64 = 0
    private var greatestDataKey: Int64 = 0
    /// Data keys whose rows this batch changes or removes.
    private var changedDataKeys: [DataKeyID] = []
    private(set) var madeGarbage = false
    /// What was found damaged, for the log.
    private(set) var damage: [String] = []
    /// Changes of this transaction are taken back one by one.
    let undoesSingly: Bool
    /// A bucket and a data key whose rows are known to be there; most of a batch asks for the same ones.
    private var knownBucket: (id: BucketID, rule: VersioningRule, quota: Int64?)?
    private var knownDataKey: (id: DataKeyID, origin: Int64)?
    /// A bucket whose objects are known to have no annotations.
    var bucketWithoutAnnotations: BucketID?

    /// Versions up to this row number are counted in ``BucketUsage``.
    var countedRows: Int64
    private var usageChanges = UsageChanges()

    private(set) var witness: Witness
    /// The history that this transaction has opened or begun.
    private(set) var openedHistory: OpenHistory?
    /// Versions up to this row number are summed, see ``sumVersions(_:)``.
    var summedRows: Int64
    /// Records that have come or gone.
    private var recordChanges: [OpenHistory.Change] = []
    /// The head changes, whatever records do.
    var hasToWriteHead = false

    /// Rows whose inline bodies go at the end of the batch, unless new ones take their place; zero for those.
    ///
    /// Nil where changes are taken back one by one: there they go at once.
    private var deadBodies: [Int64]?

    init(
        _ session: Session, epoch: Int64, countedRows: Int64, witness: Witness, undoesSingly: Bool,
        versionLimit: (@Sendable () -> Int?)? = nil
    ) {
        self.witness = witness
        summedRows =
            switch witness {
            case .none, .locked: .max
            case .open(let history): history.head.summed
            }
        self.versionLimit = versionLimit
        self.session = session
        self.epoch = epoch
        self.countedRows = countedRows
        self.undoesSingly = undoesSingly
        deadBodies = undoesSingly ? nil : []
    }

    struct Mark {
        fileprivate let references: Int
        fileprivate let blobs: Int
        fileprivate let changedDataKeys: Int
        fileprivate let damage: Int
        fileprivate let usageChanges: Int
        fileprivate let countedRows: Int64
        fileprivate let recordChanges: Int
        fileprivate let summedRows: Int64
    }

    var mark: Mark {
        Mark(
            references: references.count, blobs: blobs.count, changedDataKeys: changedDataKeys.count,
            damage: damage.count, usageChanges: usageChanges.mark, countedRows: countedRows,
            recordChanges: recordChanges.count, summedRows: summedRows)
    }

    /// Forgets what was noted since the mark.
    func revert(to mark: Mark) {
        references.removeLast(references.count - mark.references)
        blobs.removeLast(blobs.count - mark.blobs)
        changedDataKeys.removeLast(changedDataKeys.count - mark.changedDataKeys)
        damage.removeLast(damage.count - mark.damage)
        usageChanges.revert(to: mark.usageChanges)
        countedRows = mark.countedRows
        recordChanges.removeLast(recordChanges.count - mark.recordChanges)
        summedRows = mark.summedRows
        knownBucket = nil
        knownDataKey = nil
        bucketWithoutAnnotations = nil
    }

    /// The versioning of the bucket of this number, found in this transaction already or looked up; nil when there is none.
    func versioningRule(of bucket: BucketID) throws(StorageError) -> VersioningRule? {
        try known(bucket)?.rule
    }

    /// The most bytes that the bucket of this number may have; nil when that has no bound.
    func quota(of bucket: BucketID) throws(StorageError) -> Int64? {
        try known(bucket)?.quota
    }

    private func known(
        _ bucket: BucketID
    ) throws(StorageError) -> (id: BucketID, rule: VersioningRule, quota: Int64?)? {
        if let knownBucket, knownBucket.id == bucket { return knownBucket }
        let found = try session.first(
            "SELECT versioning, quota, excluded FROM buckets WHERE id = ?", .integer(bucket.rawValue)
        ) { row in
            let exclusions = VersioningExclusions(encoded: row.bytes(2))
            let rule = VersioningRule(BucketVersioning(column: row.integer(0)), except: exclusions)
            return (bucket, rule, row.optionalInteger(1))
        }
        guard let found else { return nil }
        knownBucket = found
        return found
    }

    func noteUsage(_ usage: BucketUsage, times sign: Int64, in bucket: BucketID) {
        usageChanges.note(usage, times: sign, in: bucket)
    }

    func noteChange(_ change: OpenHistory.Change) {
        recordChanges.append(change)
    }

    /// What this transaction has changed so far in the sum of a part.
    func pendingDifference(of part: HistoryPart) -> RowSum {
        recordChanges.reduce(into: RowSum()) { sum, change in
            guard change.part == part.number else { return }
            if change.isAddition { sum += change.sum } else { sum -= change.sum }
        }
    }

    /// Keeps sums from here on.
    func adopt(_ history: OpenHistory) {
        openedHistory = history
        witness = .open(history)
        summedRows = history.head.summed
    }

    /// Writes the sums and the head of the history; nil when they stay as they are.
    func settleHistory() throws(StorageError) -> OpenHistory.Update? {
        guard case .open(let history) = witness, hasToWriteHead || !recordChanges.isEmpty else { return nil }
        return try history.settle(recordChanges, summed: summedRows, in: self)
    }

    /// What the batch has changed so far.
    func usageChange(of bucket: BucketID) -> BucketUsage { usageChanges.sums[bucket] ?? BucketUsage() }

    /// The row of a bucket was changed or removed.
    func noteChange(of bucket: BucketID) {
        if knownBucket?.id == bucket { knownBucket = nil }
    }

    /// Whether there is this data key once `row`, if it is given, has been inserted.
    func hasDataKey(_ key: DataKeyID, inserting row: DataKeyRow?) throws(StorageError) -> Bool {
        if knownDataKey?.id == key, row.map({ $0.origin == knownDataKey?.origin }) ?? true { return true }
        if let row { try insertDataKey(row) }
        if let row, row.id == key {
            knownDataKey = (key, row.origin)
            return true
        }
        return try integer("SELECT 1 FROM data_keys WHERE id = ?", .integer(key.rawValue)) != nil
    }

    /// Runs a statement that gives no rows.
    func run(_ sql: StaticString, _ values: SQLValue...) throws(StorageError) {
        let statement = try session.prepare(sql)
        statement.bind(values)
        _ = try statement.step()
    }

    /// The integer in the first column of the first row.
    func integer(_ sql: StaticString, _ values: SQLValue...) throws(StorageError) -> Int64? {
        let statement = try session.prepare(sql)
        statement.bind(values)
        guard try statement.step() else { return nil }
        defer { statement.reset() }
        return statement.optionalInteger(0)
    }

    func addReference(_ key: DataKeyID?) {
        if let key { references.append((key, 1)) }
    }

    func removeReference(_ key: DataKeyID?) {
        if let key { references.append((key, -1)) }
    }

    /// A file that a new row of this batch refers to: its directory is synced before the commit.
    func refer(to blob: BlobID) {
        blobs.append(blob)
    }

    /// Removes the inline body of a row that is gone, or has its body elsewhere now.
    func removeBody(ofRow row: Int64) throws(StorageError) {
        if deadBodies?.append(row) == nil { try deleteBodies([row]) }
    }

    /// The row has a new inline body, in the place of the old one if there was one.
    func keepBody(ofRow row: Int64) {
        guard let index = deadBodies?.firstIndex(of: row) else { return }
        deadBodies?[index] = 0
    }

    /// What lies in the pages of bodies is worth nothing without their records and keys, which are overwritten.
    ///
    /// To write all those pages once more, with zeros, would multiply what a delete writes.
    private func deleteBodies(_ rows: [Int64]) throws(StorageError) {
        guard !rows.isEmpty else { return }
        try session.execute("PRAGMA secure_delete = FAST")
        // Sets a flag, and cannot fail.
        defer { try? session.execute("PRAGMA secure_delete = ON") }
        for row in rows where row != 0 { try run("DELETE FROM inline_bodies WHERE version = ?", .integer(row)) }
    }

    func noteOrder(_ order: Int64) {
        greatestOrder = max(greatestOrder, order)
    }

    /// A data key was inserted: its number is never given again, even when its row is gone.
    func noteInsertion(of key: DataKeyID) {
        greatestDataKey = max(greatestDataKey, key.rawValue)
    }

    func noteChange(of key: DataKeyID) {
        changedDataKeys.append(key)
        if knownDataKey?.id == key { knownDataKey = nil }
    }

    /// Hands a file over to be unlinked, unless other rows refer to it: who unlinks looks.
    ///
    /// `owner` is the version whose readers may still need it.
    func discard(_ blob: BlobID, owner: VersionID?) throws(StorageError) {
        try run("INSERT INTO garbage (blob, owner) VALUES (?, ?)", .identifier(blob), .identifier(owner))
        madeGarbage = true
    }

    func noteGarbage() {
        madeGarbage = true
    }

    func noteDamage(_ what: String) {
        damage.append("damaged: \(what)")
    }

    /// Notes what was damaged and is whole again.
    func noteMending(_ what: String) {
        damage.append("damaged, and mended: \(what)")
    }

    /// The directories that the batch's new blobs lie in.
    func directories(in layout: BlobLayout) -> Set<BlobDirectory> { Set(blobs.map(layout.directory)) }

    /// Writes what the batch has summed up.
    ///
    /// Returns the data keys of which no cached copy may stay.
    func settle() throws(StorageError) -> [DataKeyID] {
        try deleteBodies(deadBodies ?? [])
        deadBodies?.removeAll()
        try settleUsage(usageChanges.sums)
        if greatestOrder > 0 {
            try run("UPDATE drive SET value = max(value, ?) WHERE name = 'order'", .integer(greatestOrder))
        }
        if greatestDataKey > 0 {
            try run("UPDATE drive SET value = max(value, ?) WHERE name = 'data_key'", .integer(greatestDataKey))
        }
        var sums: [DataKeyID: Int64] = [:]
        for (key, change) in references { sums[key, default: 0] += change }
        let released = Set(references.lazy.filter { $0.change < 0 }.map(\.key))
        for (key, sum) in sums {
            // A sum of zero is of a completed upload, whose version goes on with its key, whatever the count says.
            if sum < 0, released.contains(key), try removeDataKey(key, ifReferredTo: -sum) {
                changedDataKeys.append(key)
                continue
            }
            guard sum != 0 else { continue }
            try run("UPDATE data_keys SET refs = refs + ? WHERE id = ?", .integer(sum), .integer(key.rawValue))
            // Something else of this batch has removed it: made again one by one, the writer brings its row back.
            guard sum < 0 || session.hasChangedRow else { throw .noSuchDataKey }
        }
        return changedDataKeys
    }

    /// A key that was never shared goes with its last reference; one that was waits, see `UnusedDataKeys`.
    private func removeDataKey(_ key: DataKeyID, ifReferredTo count: Int64) throws(StorageError) -> Bool {
        try run(
            "DELETE FROM data_keys WHERE id = ? AND refs = ? AND shared = 0 AND retired IS NULL",
            .integer(key.rawValue), .integer(count))
        return session.hasChangedRow
    }
}
