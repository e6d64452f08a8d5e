/// Data keys that may go: counted as unused, and named by no row.
///
/// The count alone is not believed. One damaged bit of it would destroy the key of objects that are whole, for ever; a
/// pass over the rows, in the background and only when there are keys to remove, finds who still names them.
struct UnusedDataKeys {
    /// So many row numbers are read at once: a reader is lent for a millisecond.
    private static let pageSize: Int64 = 1024
    /// So many keys are looked for in one pass over the rows.
    static let limit: Int64 = 65_536

    let readers: ReaderPool
    let isClosing: () -> Bool

    /// How many rows name each of these keys; nil when the store closes meanwhile.
    ///
    /// A row that comes while this reads counts its reference, and its key is not unused then.
    func references(to keys: [DataKeyID]) throws(StorageError) -> [DataKeyID: Int64]? {
        var counts = Dictionary(keys.map { ($0, Int64(0)) }, uniquingKeysWith: { first, _ in first })
        for table in DataKeyUsers.allCases {
            var last = Int64.min
            while true {
                guard !isClosing() else { return nil }
                let position = last
                let page = try readers.read { session throws(StorageError) in
                    try session.usedDataKeys(table, after: position, limit: Self.pageSize)
                }
                guard let page else { break }
                for key in page.keys { counts[key]? += 1 }
                last = page.last
            }
        }
        return counts
    }
}
