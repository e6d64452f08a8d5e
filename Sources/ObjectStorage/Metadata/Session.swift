import CSQLite
import GRDBSQLite

/// The statements that one connection has prepared, by the address of their text.
final class StatementCache {
    fileprivate var statements: [UnsafePointer<UInt8>: PreparedStatement] = [:]

    func removeAll() {
        statements.removeAll()
    }
}

/// A connection for the length of one exclusive use.
struct Session {
    let handle: OpaquePointer
    let cache: StatementCache

    /// The statement of this text, prepared at its first use and kept until the connection closes.
    func prepare(_ sql: StaticString) throws(StorageError) -> PreparedStatement {
        if let statement = cache.statements[sql.utf8Start] { return statement }
        let statement = try PreparedStatement(sql, on: handle)
        cache.statements[sql.utf8Start] = statement
        return statement
    }

    /// Runs statements without result that are not worth keeping.
    func execute(_ sql: String) throws(StorageError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw .sqlite(code, handle) }
    }

    /// The row number that the last insertion gave.
    var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }

    /// True when the last statement that writes has changed at least one row.
    var hasChangedRow: Bool { sqlite3_changes(handle) > 0 }

    /// How many rows this connection has changed since it was opened.
    var totalChanges: Int64 { sqlite3_total_changes64(handle) }

    /// The result code of the last call that failed, if none has succeeded since.
    var resultCode: Int32 { sqlite3_errcode(handle) }

    /// Has the closing of the connection leave the log as it is: neither copied into the database nor removed.
    func keepLogWhenClosed() {
        _ = coffer_sqlite3_keep_log_when_closed(handle)
    }

    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Copies the whole log into the database, syncs that and cuts the log; for the opening, when nobody reads.
    func copyLog() throws(StorageError) {
        let code = sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
        guard code == SQLITE_OK else { throw .sqlite(code, handle) }
    }

    /// Runs a block in one read snapshot.
    func snapshot<R>(_ body: () throws(StorageError) -> R) throws(StorageError) -> R {
        let begin = try prepare("BEGIN DEFERRED")
        begin.bind()
        _ = try begin.step()
        let result: R
        do throws(StorageError) {
            result = try body()
        } catch {
            try? execute("ROLLBACK")
            throw error
        }
        let commit = try prepare("COMMIT")
        commit.bind()
        do throws(StorageError) {
            _ = try commit.step()
        } catch {
            // SQLite refuses to commit when a statement has met damage, of which the block knows: nothing was written.
            if isInTransaction { try execute("ROLLBACK") }
            guard error.isCorrupt else { throw error }
        }
        return result
    }
}
