import GRDBSQLite

/// A table of blobs behind bare prepared statements; used by one thread at a time.
final class RowDatabase: @unchecked Sendable {
    // @unchecked: the connection is opened without SQLite's mutexes and handed to one thread.
    private var connection: OpaquePointer?
    private var begin: OpaquePointer?
    private var insertRow: OpaquePointer?
    private var commit: OpaquePointer?

    /// The catalogue's page size, so that both pay for the same pages.
    init(path: String) throws {
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        guard sqlite3_open_v2(path, &connection, flags, nil) == SQLITE_OK else {
            throw BenchError("cannot open \(path)")
        }
        let setup = """
            PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = OFF;
            CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
            """
        try check(sqlite3_exec(connection, setup, nil, nil, nil))
        try check(sqlite3_prepare_v2(connection, "BEGIN IMMEDIATE", -1, &begin, nil))
        try check(sqlite3_prepare_v2(connection, "INSERT INTO rows (body) VALUES (?)", -1, &insertRow, nil))
        try check(sqlite3_prepare_v2(connection, "COMMIT", -1, &commit, nil))
    }

    deinit {
        for statement in [begin, insertRow, commit] { sqlite3_finalize(statement) }
        sqlite3_close(connection)
    }

    /// Inserts the blob `count` times in one durable transaction.
    func insert(_ blob: [UInt8], count: Int) {
        step(begin)
        blob.withUnsafeBytes { bytes in
            // No copy: the bytes outlive the steps below.
            sqlite3_bind_blob(insertRow, 1, bytes.baseAddress, Int32(bytes.count), nil)
            for _ in 0..<count { step(insertRow) }
        }
        step(commit)
    }

    private func step(_ statement: OpaquePointer?) {
        let result = sqlite3_step(statement)
        precondition(
            result == SQLITE_DONE, "the reference database failed: \(String(cString: sqlite3_errmsg(connection)))")
        sqlite3_reset(statement)
    }

    private func check(_ result: Int32) throws {
        guard result == SQLITE_OK else { throw BenchError(String(cString: sqlite3_errmsg(connection))) }
    }
}
