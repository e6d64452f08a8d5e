import GRDB

/// The statements that one connection has prepared, by the address of their text.
final class StatementCache {
    fileprivate var statements: [UnsafePointer<UInt8>: PreparedStatement] = [:]

    func removeAll() {
        statements.removeAll()
    }
}

/// A connection for the length of one exclusive use.
struct Session {
    let database: Database
    let cache: StatementCache

    /// The statement of this text, prepared at its first use and kept until the connection closes.
    func prepare(_ sql: StaticString) throws(StorageError) -> PreparedStatement {
        if let statement = cache.statements[sql.utf8Start] { return statement }
        do {
            let statement = PreparedStatement(try database.makeStatement(sql: sql.description))
            cache.statements[sql.utf8Start] = statement
            return statement
        } catch { throw .wrapping(error) }
    }

    /// Runs statements without result that are not worth keeping.
    func execute(_ sql: String) throws(StorageError) {
        do { try database.execute(sql: sql) } catch { throw .wrapping(error) }
    }

    /// The row number that the last insertion gave.
    var lastInsertedRow: Int64 { database.lastInsertedRowID }

    /// True when the last statement that writes has changed at least one row.
    var hasChangedRow: Bool { database.changesCount > 0 }

    var isInTransaction: Bool { database.isInsideTransaction }

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
        _ = try commit.step()
        return result
    }
}
