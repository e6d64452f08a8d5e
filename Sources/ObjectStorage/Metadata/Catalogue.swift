import GRDB

/// The SQLite database: one connection that writes, and the readers.
final class Catalogue: Sendable {
    let writer: Connection
    let readers: ReaderPool

    /// Opens the database, makes or migrates its tables, and opens the readers.
    init(path: String, readers count: Int) throws(StorageError) {
        writer = try Connection(path: path, role: .writer)
        try writer.migrate()
        readers = try ReaderPool(path: path, count: count)
    }

    /// Closes the readers, then the writer: the last connection to close copies the log into the database.
    func close() {
        readers.close()
        writer.close()
    }
}

/// A connection and what it has prepared.
///
/// Used by one thread at a time, which its owner sees to.
final class Connection: @unchecked Sendable {
    enum Role { case writer, reader }

    private let queue: DatabaseQueue
    private let cache = StatementCache()

    init(path: String, role: Role) throws(StorageError) {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        configuration.readonly = role == .reader
        configuration.busyMode = .timeout(10)
        configuration.label = "coffer.catalogue"
        configuration.prepareDatabase { database in
            try database.execute(sql: role == .writer ? writerPragmas : readerPragmas)
        }
        do { queue = try DatabaseQueue(path: path, configuration: configuration) } catch { throw .wrapping(error) }
    }

    func migrate() throws(StorageError) {
        do { try migrations.migrate(queue) } catch { throw .wrapping(error) }
    }

    /// Lends the connection to one block.
    func use<R>(_ body: (Session) throws -> R) rethrows -> R {
        try queue.inDatabase { database in try body(Session(database: database, cache: cache)) }
    }

    /// The same for a block that throws this module's errors.
    func useTyped<R>(_ body: (Session) throws(StorageError) -> R) throws(StorageError) -> R {
        do { return try use(body) } catch { throw .wrapping(error) }
    }

    func close() {
        queue.inDatabase { _ in cache.removeAll() }
        try? queue.close()
    }
}

private let writerPragmas = """
    PRAGMA page_size = 8192;
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA secure_delete = OFF;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -65536;
    PRAGMA mmap_size = 1073741824;
    """

private let readerPragmas = """
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA query_only = ON;
    PRAGMA cache_size = -1024;
    PRAGMA mmap_size = 1073741824;
    """
