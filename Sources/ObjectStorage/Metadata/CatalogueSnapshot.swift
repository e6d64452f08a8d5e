import GRDB
import GRDBSQLite
import Threading

/// A copy of a catalogue, as a backup has it: read, never changed.
package final class CatalogueSnapshot: Sendable {
    private let connection: Connection
    private let lock = ShortLock(())
    /// Where its blobs' files lie below a directory of blobs.
    private let firstEpoch: UInt64

    package init(_ path: String) throws(StorageError) {
        connection = try Connection(path: path, role: .reader)
        let epoch = try connection.use { session throws(StorageError) in try session.driveValue("first_epoch") }
        guard let epoch, epoch > 0 else {
            connection.close()
            throw .unusable("\(path) is no copy of a catalogue")
        }
        firstEpoch = UInt64(epoch)
    }

    deinit { connection.close() }

    private func read<R>(_ body: (Session) throws(StorageError) -> R) throws(StorageError) -> R {
        try lock.withLock { (_) throws(StorageError) in try connection.use(body) }
    }

    /// The format of the drive that it is of.
    package func format() throws(StorageError) -> Int {
        try read { session throws(StorageError) in
            try session.first("SELECT count(*) FROM grdb_migrations") { row in Int(row.integer(0)) } ?? 0
        }
    }

    package func setting(_ name: String) throws(StorageError) -> [UInt8]? {
        try read { session throws(StorageError) in try session.setting(name) }
    }

    /// What its rollback evidence says; nil of a drive that had none.
    package struct History: Sendable {
        /// Its last commit, and when that was, in milliseconds since 1970.
        package let point: HistoryPoint
        package let time: Int64
        /// Which of its parts are not what was committed last.
        package var faults: [PartFault] = []
        /// How many commits the anchor is ahead of it; nil without an anchor.
        package var behind: Int64?
    }

    /// Looks at all of it, and at the anchor if there is one.
    ///
    /// - Throws: `rolledBack` when the head does not open, several sums are not the head's, or the anchor is another drive's.
    package func history(
        _ authenticator: any RowAuthenticator, anchor: RollbackAnchor?
    ) throws(StorageError) -> History? {
        guard try format() >= Self.firstFormatWithHistory else { return nil }
        return try read { session throws(StorageError) -> History? in
            let head: HistoryHead
            switch try session.historyHead(authenticator) {
            case .absent: return nil
            case .unreadable: throw .rolledBack(.headUnreadable)
            case .present(let found): head = found
            }
            var history = History(point: head.point, time: head.time)
            if let fault = try session.checkSums(head, authenticator) { history.faults.append(fault) }
            var last = Int64(-1)
            while case let numbers = try session.summedParts(after: last, limit: 256), let end = numbers.last {
                for part in numbers.compactMap({ HistoryPart(number: $0) }) {
                    if let fault = try session.check(part, summed: head.summed, authenticator) {
                        history.faults.append(fault)
                    }
                }
                last = end
            }
            switch try anchor?.read(authenticator) {
            case .point(let point): history.behind = max(0, point.commits - head.commits)
            case .foreign: throw .rolledBack(.anchorForeign(path: anchor?.path ?? ""))
            case .absent, nil: break
            }
            return history
        }
    }

    private static let firstFormatWithHistory = 8

    /// The names of the keys that wrap its data keys.
    package func kmsKeyNames() throws(StorageError) -> [String] {
        try read { session throws(StorageError) in try session.kmsKeyNames() }.map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    /// Blobs that its versions, uploads and parts refer to, in the order of their identifiers, behind one of them.
    ///
    /// What only waits to be unlinked is not among them.
    package func blobs(after last: BlobID?, limit: Int) throws(StorageError) -> [BlobID] {
        try read { session throws(StorageError) in
            let (after, count) = (SQLValue.identifier(last ?? BlobID(high: 0, low: 0)), SQLValue.integer(Int64(limit)))
            // Each of the three by its index, and no more of it than can be wanted.
            return try session.all(
                """
                SELECT blob FROM (
                    SELECT * FROM (SELECT blob FROM versions WHERE blob > ?1 AND length(blob) = 16 ORDER BY blob LIMIT ?2)
                    UNION SELECT * FROM (SELECT blob FROM version_blobs WHERE blob > ?1 ORDER BY blob LIMIT ?2)
                    UNION SELECT * FROM (SELECT blob FROM parts WHERE blob > ?1 ORDER BY blob LIMIT ?2))
                ORDER BY blob LIMIT ?2
                """, after, count
            ) { row throws(StorageError) in try row.identifier(0, of: BlobID.self) }
        }
    }

    /// How many blobs ``blobs(after:limit:)`` gives in all.
    package func blobCount() throws(StorageError) -> Int64 {
        try read { session throws(StorageError) in
            try session.first(
                """
                SELECT count(*) FROM (
                    SELECT blob FROM versions WHERE blob IS NOT NULL AND length(blob) = 16
                    UNION SELECT blob FROM version_blobs UNION SELECT blob FROM parts)
                """
            ) { row in row.integer(0) } ?? 0
        }
    }

    /// Which of the files of a folder, named as ``relativePath(of:)`` names them, it refers to.
    package func referred(among names: [String], in folder: String) throws(StorageError) -> Set<String> {
        guard let run = folder.split(separator: "-").first, let epoch = UInt64(run, radix: 16) else { return [] }
        let blobs = names.compactMap { name in UInt64(name, radix: 16).map { BlobID(high: epoch, low: $0) } }
        guard let least = blobs.min(by: { $0.low < $1.low }), let greatest = blobs.max(by: { $0.low < $1.low }) else {
            return []
        }
        var found: Set<String> = []
        var last = least.low == 0 ? BlobID(high: epoch - 1, low: .max) : BlobID(high: epoch, low: least.low - 1)
        while true {
            let page = try self.blobs(after: last, limit: 4096)
            for blob in page where blob.high == epoch && blob.low <= greatest.low {
                found.insert(String(relativePath(of: blob).drop { $0 != "/" }.dropFirst()))
            }
            guard let end = page.last, end.high == epoch, end.low < greatest.low else { return found }
            last = end
        }
    }

    /// The path of a blob's file below a directory of blobs, as ``ObjectStore/path(of:)`` has it: `RUN-BLOCK/NUMBER`.
    package func relativePath(of blob: BlobID) -> String {
        String(BlobLayout(root: "", firstEpoch: firstEpoch).path(of: blob).dropFirst())
    }

    /// Gives the drive that this becomes numbers of runs of its own: of what it writes, nothing may be taken for a file that
    /// the drive writes which it is a copy of, not even by a backup that both go to.
    ///
    /// - Parameter path: of the copy, which nobody has open.
    package static func separate(_ path: String) throws(StorageError) {
        let connection = try Connection(path: path, role: .writer, shape: .asFound)
        defer { connection.close() }
        try connection.use { session throws(StorageError) in
            let skipped = Int64.random(in: 1..<1 << 28)
            try session.execute(
                "UPDATE drive SET value = max(value, (SELECT value FROM drive WHERE name = 'first_epoch')) + \(skipped) WHERE name = 'epoch'"
            )
            try session.copyLog()
        }
    }
}

extension Connection {
    /// Copies a database, as it is after a commit, into a new file with SQLite's own interface for that: page by page, so that damage to a page stays what it is.
    ///
    /// The copy is synced, and has no log of its own.
    static func copy(_ source: String, to target: String) throws(StorageError) {
        let reader = try Connection(path: source, role: .reader)
        defer { reader.close() }
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(target, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nil)
        defer { sqlite3_close_v2(opened) }
        guard code == SQLITE_OK, let copy = opened else { throw .sqlite(code, opened) }
        try reader.use { session throws(StorageError) in
            guard let backup = sqlite3_backup_init(copy, "main", session.handle, "main") else {
                throw .sqlite(sqlite3_errcode(copy), copy)
            }
            // All pages in one step: between two of them a commit would have it begin anew.
            let stepped = sqlite3_backup_step(backup, -1)
            let finished = sqlite3_backup_finish(backup)
            guard stepped == SQLITE_DONE, finished == SQLITE_OK else { throw .sqlite(finished, copy) }
        }
        let journal = sqlite3_exec(copy, "PRAGMA journal_mode = DELETE", nil, nil, nil)
        guard journal == SQLITE_OK else { throw .sqlite(journal, copy) }
    }
}
