/// A row of the table of sums.
struct StoredSum {
    /// Over the records of the part.
    let sum: RowSum
    /// What it counts in the head's sum.
    let counted: RowSum
    let bytes: [UInt8]

    private static let nonceSize = 16

    /// Masks a sum anew.
    init(_ sum: RowSum, of part: Int64, _ authenticator: any RowAuthenticator) {
        self.sum = sum
        let nonce = (UInt64.random(in: 0 ... .max), UInt64.random(in: 0 ... .max))
        bytes = [UInt8](unsafeUninitializedCapacity: Self.nonceSize + RowSum.byteCount) { buffer, count in
            var output = BigEndianOutput(UnsafeMutableRawBufferPointer(buffer))
            output.put(nonce.0)
            output.put(nonce.1)
            output.put(sum.encoded ^ Self.mask(nonce, part, authenticator))
            count = output.count
        }
        counted = Self.counted(bytes, of: part, authenticator)
    }

    init(decoding bytes: [UInt8], of part: Int64, _ authenticator: any RowAuthenticator) {
        self.bytes = bytes
        var input = BigEndianInput(bytes)
        if let high = input.next() as UInt64?, let low = input.next() as UInt64?, let masked = input.code() {
            sum = RowSum(decoding: masked ^ Self.mask((high, low), part, authenticator))
        } else {
            // Damaged: what it counts tells.
            sum = RowSum()
        }
        counted = Self.counted(bytes, of: part, authenticator)
    }

    private static func mask(
        _ nonce: (UInt64, UInt64), _ part: Int64, _ authenticator: any RowAuthenticator
    ) -> RowCode {
        authenticator.code(
            .mask,
            {
                $0.put(part); $0.put(nonce.0); $0.put(nonce.1)
            }, room: 24)
    }

    private static func counted(
        _ bytes: [UInt8], of part: Int64, _ authenticator: any RowAuthenticator
    ) -> RowSum {
        let code = authenticator.code(
            .sum,
            {
                $0.put(part); $0.put(bytes)
            }, room: bytes.count + 8)
        return RowSum(code, at: UInt64(bitPattern: part))
    }
}

extension Session {
    enum StoredHead {
        case absent
        case unreadable
        case present(HistoryHead)
    }

    var hasHistory: Bool {
        get throws(StorageError) {
            try first("SELECT 1 FROM sums WHERE part = ?", .integer(HistoryPart.head)) { _ in true } ?? false
        }
    }

    /// Whether nothing was ever stored but what it takes to open a drive: its start may have ended before there was a head.
    var isPristine: Bool {
        get throws(StorageError) {
            try first(
                """
                SELECT 1 WHERE EXISTS (SELECT 1 FROM versions) OR EXISTS (SELECT 1 FROM buckets)
                    OR EXISTS (SELECT 1 FROM accounts) OR (SELECT count(*) FROM settings) > 2
                """
            ) { _ in false } ?? true
        }
    }

    func historyHead(_ authenticator: any RowAuthenticator) throws(StorageError) -> StoredHead {
        let found = try first("SELECT commits, sealed FROM sums WHERE part = ?", .integer(HistoryPart.head)) { row in
            (commits: row.integer(0), sealed: row.bytes(1))
        }
        guard let found else { return .absent }
        guard let bytes = authenticator.open(found.sealed, commits: found.commits),
            let head = HistoryHead(decoding: bytes), head.commits == found.commits
        else { return .unreadable }
        return .present(head)
    }

    func storedSum(of part: Int64, _ authenticator: any RowAuthenticator) throws(StorageError) -> StoredSum? {
        try first("SELECT sealed FROM sums WHERE part = ?", .integer(part)) { row in
            StoredSum(decoding: row.bytes(0), of: part, authenticator)
        }
    }

    /// The numbers of the parts that have a row, behind one.
    func summedParts(after part: Int64, limit: Int) throws(StorageError) -> [Int64] {
        try all(
            "SELECT part FROM sums WHERE part > ? AND part < ? ORDER BY part LIMIT ?", .integer(part),
            .integer(HistoryPart.head), .integer(Int64(limit))
        ) { row in row.integer(0) }
    }

    /// Compares the table of sums with the head.
    ///
    /// - Returns: the one row that differs, if it is one alone.
    /// - Throws: `rolledBack` when several do.
    func checkSums(_ head: HistoryHead, _ authenticator: any RowAuthenticator) throws(StorageError) -> PartFault? {
        var difference = head.total
        let statement = try prepare("SELECT part, sealed FROM sums WHERE part < ?")
        statement.bind(.integer(HistoryPart.head))
        defer { statement.reset() }
        while try statement.step() {
            difference -=
                StoredSum(decoding: statement.bytes(1), of: statement.integer(0), authenticator).counted
        }
        guard difference != RowSum() else { return nil }
        guard let position = difference.position, let part = HistoryPart(number: Int64(bitPattern: position)),
            part.number <= HistoryPart(ofRow: try greatestVersionRow()).number
        else { throw .rolledBack(.sumsDiffer) }
        return PartFault(part: part, culprit: .sum)
    }

    /// Compares the records of a part with its sum.
    ///
    /// - Parameters:
    ///   - summed: versions up to this row number are summed.
    ///   - pending: what a transaction has changed that has not written its sums yet.
    func check(
        _ part: HistoryPart, summed: Int64, _ authenticator: any RowAuthenticator, pending: RowSum = RowSum()
    ) throws(StorageError) -> PartFault? {
        var difference = RowSum() - (try storedSum(of: part.number, authenticator)?.sum ?? RowSum())
        difference -= pending
        try forEachRecord(of: part, upTo: summed) { (record) throws(StorageError) in
            if record.part == part { difference += record.sum(authenticator) }
        }
        guard difference != RowSum() else { return nil }
        guard let position = difference.position else {
            return PartFault(part: part, culprit: .several, difference: difference)
        }
        var culprit: PartFault.Culprit?
        try forEachRecord(of: part, upTo: summed) { (record) throws(StorageError) in
            if record.part == part, record.position(authenticator) == position { culprit = .record(record) }
        }
        return PartFault(part: part, culprit: culprit ?? part.gone(from: position), difference: difference)
    }
}

extension HistoryPart {
    /// No record is there: one is gone, or the position is that of several, which is none of this part.
    fileprivate func gone(from position: UInt64) -> PartFault.Culprit {
        guard let rows else { return .gone(row: nil) }
        return rows.contains(Int64(bitPattern: position)) ? .gone(row: Int64(bitPattern: position)) : .several
    }
}
