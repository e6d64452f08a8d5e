import CSQLite
import GRDB
import GRDBSQLite

/// The SQLite database: one connection that writes, and the readers.
final class Catalogue: Sendable {
    let writer: Connection
    let readers: ReaderPool

    /// Opens the database, makes or migrates its tables, and opens the readers.
    init(path: String, readers count: Int) throws(StorageError) {
        writer = try Connection(path: path, role: .writer)
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
/// GRDB opens it, sets it up and migrates it; statements go past GRDB's queue, whose hop costs as much as a row lookup.
/// Used by one thread at a time, which its owner sees to.
final class Connection: @unchecked Sendable {
    enum Role { case writer, reader }

    /// Which shape the tables are given.
    enum Shape {
        case newest
        /// That of a migration.
        case of(String)
        /// The one that they have.
        case asFound
    }

    private let queue: DatabaseQueue
    private let handle: OpaquePointer
    private let cache = StatementCache()

    /// - Parameter shape: to which a writer migrates the tables.
    init(path: String, role: Role, shape: Shape = .newest) throws(StorageError) {
        setUpLibrary()
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        configuration.readonly = role == .reader
        configuration.busyMode = .timeout(10)
        configuration.label = "coffer.catalogue"
        configuration.prepareDatabase { database in
            try database.execute(sql: role == .writer ? writerPragmas : readerPragmas)
        }
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            switch (role, shape) {
            case (.reader, _), (.writer, .asFound): break
            case (.writer, .newest): try migrations.migrate(queue)
            case (.writer, .of(let migration)):
                let later = migrationNames.drop { $0 != migration }.dropFirst()
                let applied = try queue.read { try migrations.appliedIdentifiers($0) }
                // GRDB ends the process where a catalogue is beyond what it is to become.
                guard applied.isDisjoint(with: later) else {
                    throw StorageError.unusable("the catalogue is of a later format than the file format says")
                }
                try migrations.migrate(queue, upTo: migration)
            }
        } catch let error as StorageError {
            throw error
        } catch {
            throw .wrapping(error)
        }
        guard let handle = queue.inDatabase({ $0.sqliteConnection }) else { throw .closed }
        self.handle = handle
        // GRDB's observers expect that every statement is one of its own.
        sqlite3_commit_hook(handle, nil, nil)
        sqlite3_rollback_hook(handle, nil, nil)
    }

    /// Whether the tables of a catalogue that nobody has open have the shape of a migration, or a later one; nil when that
    /// cannot be known.
    static func hasShape(of migration: String, path: String) -> Bool? {
        guard let connection = try? Connection(path: path, role: .writer, shape: .asFound) else { return nil }
        defer { connection.close() }
        return try? connection.use { session throws(StorageError) in
            let found = try session.first("SELECT 1 FROM grdb_migrations WHERE identifier = ?", .text(migration)) { _ in
                true
            }
            return found ?? false
        }
    }

    /// Lends the connection to one block.
    func use<R, Failure: Error>(_ body: (Session) throws(Failure) -> R) throws(Failure) -> R {
        try body(Session(handle: handle, cache: cache))
    }

    func close() {
        cache.removeAll()
        try? queue.close()
    }
}

/// Settings of SQLite for the whole process, once.
///
/// Nobody asks how much memory it uses, and counting costs a lock at each allocation: a twentieth of a small GET.
///
/// Its files are the process's own: a drive belongs to one process, which a lock of its own sees to, so what SQLite would
/// tell other processes with two `fcntl` calls a transaction is told to nobody, and the log's index stays in memory. All
/// connections of a process must agree on this.
private func setUpLibrary() {
    _ = library
}

private let library: Void = {
    _ = coffer_sqlite3_config_memory_statistics(0)
    guard let files = sqlite3_vfs_find("unix-excl") else { return }
    sqlite3_vfs_register(files, 1)
}()

/// No part of the file is mapped into memory: there an error of the medium would be a signal that ends the process.
///
/// With the eight readers of the default, at most 128 MiB are taken by caches.
private let writerPragmas = """
    PRAGMA page_size = 8192;
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA secure_delete = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -65536;
    PRAGMA mmap_size = 0;
    """

private let readerPragmas = """
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA query_only = ON;
    PRAGMA cache_size = -8192;
    PRAGMA mmap_size = 0;
    """
