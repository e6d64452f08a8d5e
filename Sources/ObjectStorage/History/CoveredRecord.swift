/// A record as it counts in the sum of its part.
package enum CoveredRecord: Hashable, Sendable {
    case version(VersionColumns, row: Int64, sealed: [UInt8])
    case bucket(BucketRow)
    case setting(name: String, value: [UInt8])
    case account(AccountRow)

    /// As its owner sealed it.
    package var sealed: [UInt8] {
        switch self {
        case .version(_, _, let sealed): sealed
        case .bucket(let row): row.sealed
        case .setting(_, let value): value
        case .account(let row): row.sealed
        }
    }

    /// Nil for rows of versions that stand for what is to be removed in the background.
    var part: HistoryPart? {
        switch self {
        case .version(let columns, let row, _):
            columns.bucket.rawValue == 0 || columns.bucket == .ofReleasedAnnotations ? nil : HistoryPart(ofRow: row)
        case .bucket: .buckets
        case .setting: .settings
        case .account: .accounts
        }
    }

    func sum(_ authenticator: any RowAuthenticator) -> RowSum {
        let code =
            switch self {
            // All other columns are bound to the sealed record, so that what is damaged there is none of the sum's business.
            case .version(_, let row, let sealed):
                authenticator.code(
                    .record,
                    { output in
                        output.put(UInt8(1))
                        output.put(row)
                        // Format, nonce and tag are of this one record: any other with them does not open.
                        if sealed.count > 64 {
                            output.put(sealed[..<13])
                            output.put(sealed[(sealed.count - 16)...])
                        } else {
                            output.put(sealed)
                        }
                    }, room: 80)
            case .bucket(let row): Self.code(authenticator, 2, [row.sealed]) { $0.put(row.id.rawValue) }
            case .setting(let name, let value): Self.code(authenticator, 3, [Array(name.utf8), value]) { _ in }
            case .account(let row): Self.code(authenticator, 4, [row.id, row.sealed]) { _ in }
            }
        return RowSum(code, at: position(authenticator))
    }

    private static func code(
        _ authenticator: any RowAuthenticator, _ kind: UInt8, _ texts: [[UInt8]],
        _ fill: (inout BigEndianOutput) -> Void
    ) -> RowCode {
        authenticator.code(
            .record,
            { output in
                output.put(kind)
                for text in texts {
                    output.put(UInt32(truncatingIfNeeded: text.count))
                    output.put(text)
                }
                fill(&output)
            }, room: texts.reduce(64) { $0 + $1.count + 4 })
    }

    /// Where it stands in its part: a number of less than 61 bits.
    func position(_ authenticator: any RowAuthenticator) -> UInt64 {
        switch self {
        case .version(_, let row, _): Residue.reduce(UInt64(bitPattern: row))
        case .bucket(let row): Residue.reduce(UInt64(bitPattern: row.id.rawValue))
        case .setting(let name, _): Self.position(of: Array(name.utf8), authenticator)
        case .account(let row): Self.position(of: row.id, authenticator)
        }
    }

    private static func position(of name: [UInt8], _ authenticator: any RowAuthenticator) -> UInt64 {
        Residue.reduce(authenticator.code(.position, { $0.put(name) }, room: name.count)[0])
    }
}

extension Session {
    /// The records of a part, but for versions behind a row number.
    func forEachRecord(
        of part: HistoryPart, upTo last: Int64, _ body: (CoveredRecord) throws(StorageError) -> Void
    ) throws(StorageError) {
        switch part {
        case .buckets: for row in try buckets() { try body(.bucket(row)) }
        case .settings: for (name, value) in try settings() { try body(.setting(name: name, value: value)) }
        case .accounts: for row in try accounts() { try body(.account(row)) }
        case .versions:
            guard let rows = part.rows else { return }
            try forEachVersion(from: rows.lowerBound, upTo: min(rows.upperBound, last), limit: .max) {
                (_, record) throws(StorageError) in
                try body(record)
            }
        }
    }

    /// Versions by their row numbers; the rows of the table that are no versions too.
    func forEachVersion(
        from first: Int64, upTo last: Int64, limit: Int64,
        _ body: (_ row: Int64, CoveredRecord) throws(StorageError) -> Void
    ) throws(StorageError) {
        let statement = try prepare(
            """
            SELECT v.ord, v.version, v.size, v.modified, v.flags, v.data_key, v.body, v.blob, v.sealed, v.id,
                v.bucket, v.key
            FROM versions v WHERE v.id >= ? AND v.id <= ? ORDER BY v.id LIMIT ?
            """)
        statement.bind(.integer(first), .integer(last), .integer(limit))
        defer { statement.reset() }
        while try statement.step() {
            let stored = try readVersion(statement, BucketID(rawValue: statement.integer(10)), statement.string(11))
            let row = statement.integer(9)
            try body(row, .version(stored.columns, row: row, sealed: stored.sealed))
        }
    }
}
