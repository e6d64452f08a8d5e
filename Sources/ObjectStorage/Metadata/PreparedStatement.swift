import CSQLite
import GRDB
import GRDBSQLite
import Glibc

/// A value to bind: what the catalogue's columns can hold.
enum SQLValue {
    case null
    case integer(Int64)
    case text(String)
    /// A text as it is stored: damaged, it may be no UTF-8.
    case textBytes([UInt8])
    case blob([UInt8])
    /// An object key, stored as its UTF-8 bytes.
    case key(String)

    static func identifier<Kind>(_ id: Identifier<Kind>?) -> SQLValue {
        id.map { .blob($0.bytes) } ?? .null
    }

    static func optional(_ value: Int64?) -> SQLValue {
        value.map { .integer($0) } ?? .null
    }

    static func optional(_ bytes: [UInt8]?) -> SQLValue {
        bytes.map { .blob($0) } ?? .null
    }
}

/// A statement made and stepped with the sqlite3 calls: GRDB's rows cost several times the statement itself.
///
/// Belongs to one connection and is used under that connection's exclusion alone.
final class PreparedStatement {
    private let handle: OpaquePointer

    init(_ sql: StaticString, on connection: OpaquePointer) throws(StorageError) {
        var handle: OpaquePointer?
        let code = sql.withUTF8Buffer { sql in
            sql.withMemoryRebound(to: CChar.self) { sql in
                sqlite3_prepare_v3(
                    connection, sql.baseAddress, Int32(sql.count), UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
            }
        }
        guard code == SQLITE_OK, let handle else { throw .sqlite(code, connection) }
        self.handle = handle
    }

    deinit { sqlite3_finalize(handle) }

    /// Makes the statement ready and binds its parameters in order.
    func bind(_ values: SQLValue...) {
        bind(values)
    }

    func bind(_ values: [SQLValue]) {
        sqlite3_reset(handle)
        var index: Int32 = 0
        for value in values {
            index += 1
            switch value {
            case .null: sqlite3_bind_null(handle, index)
            case .integer(let value): sqlite3_bind_int64(handle, index, value)
            case .blob(let bytes): bytes.withUnsafeBytes { bindBlob($0, at: index) }
            case .key(var key): key.withUTF8 { bindBlob(UnsafeRawBufferPointer($0), at: index) }
            case .text(var text): text.withUTF8 { bindText($0, at: index) }
            case .textBytes(let bytes): bytes.withUnsafeBufferPointer { bindText($0, at: index) }
            }
        }
    }

    private func bindText(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int32) {
        // Without an address SQLite would bind null.
        guard bytes.baseAddress != nil else {
            sqlite3_bind_text(handle, index, "", 0, transient)
            return
        }
        bytes.withMemoryRebound(to: CChar.self) {
            _ = sqlite3_bind_text(handle, index, $0.baseAddress, Int32($0.count), transient)
        }
    }

    private func bindBlob(_ bytes: UnsafeRawBufferPointer, at index: Int32) {
        if bytes.isEmpty {
            sqlite3_bind_zeroblob(handle, index, 0)
        } else {
            sqlite3_bind_blob(handle, index, bytes.baseAddress, Int32(bytes.count), transient)
        }
    }

    /// True when there is a row to read; resets the statement when there is none.
    func step() throws(StorageError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE:
            sqlite3_reset(handle)
            return false
        case let code:
            let error = StorageError.sqlite(code, sqlite3_db_handle(handle))
            sqlite3_reset(handle)
            throw error
        }
    }

    /// What `read` makes of the first row of a statement with two parameters, a number and an object key, or with
    /// another number for a third; nil if there is none.
    ///
    /// Until `read` returns, other statements of the connection see the same snapshot as this one.
    ///
    /// SQLite reads the key where it is instead of copying it first.
    func first<R>(
        _ number: Int64, _ key: String, _ third: Int64?, _ read: () throws(StorageError) -> R
    ) throws(StorageError) -> R? {
        var key = key
        let outcome: Result<R?, StorageError> = key.withUTF8 { key in
            sqlite3_bind_int64(handle, 1, number)
            sqlite3_bind_blob(handle, 2, key.baseAddress, Int32(key.count), nil)
            if let third { sqlite3_bind_int64(handle, 3, third) }
            defer {
                sqlite3_reset(handle)
                sqlite3_bind_null(handle, 2)
            }
            do throws(StorageError) {
                return .success(try step() ? try read() : nil)
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    /// Steps a statement that gives no row, with a parameter that SQLite reads where it is instead of copying it first.
    func step(borrowing bytes: [UInt8], at index: Int32) throws(StorageError) {
        let outcome: Result<Bool, StorageError> = bytes.withUnsafeBytes { bytes in
            if bytes.isEmpty {
                sqlite3_bind_zeroblob(handle, index, 0)
            } else {
                sqlite3_bind_blob(handle, index, bytes.baseAddress, Int32(bytes.count), nil)
            }
            defer { sqlite3_bind_null(handle, index) }
            do throws(StorageError) {
                return .success(try step())
            } catch {
                return .failure(error)
            }
        }
        _ = try outcome.get()
    }

    /// Ends a statement of which further rows may be left.
    func reset() {
        sqlite3_reset(handle)
    }

    /// Frees the bound values; for large ones, that would otherwise stay until the statement is used again.
    func clear() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    func isNull(_ column: Int32) -> Bool {
        sqlite3_column_type(handle, column) == SQLITE_NULL
    }

    func integer(_ column: Int32) -> Int64 {
        sqlite3_column_int64(handle, column)
    }

    func optionalInteger(_ column: Int32) -> Int64? {
        isNull(column) ? nil : integer(column)
    }

    /// The column's bytes, valid until the next step or reset.
    func withBytes<R>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        let pointer = sqlite3_column_blob(handle, column)
        return body(UnsafeRawBufferPointer(start: pointer, count: Int(sqlite3_column_bytes(handle, column))))
    }

    func bytes(_ column: Int32) -> [UInt8] {
        withBytes(column) { [UInt8]($0) }
    }

    /// A `TEXT` column, or a key's bytes.
    func string(_ column: Int32) -> String {
        withBytes(column) { String(decoding: $0, as: UTF8.self) }
    }

    func identifier<Kind>(_ column: Int32, of kind: Identifier<Kind>.Type) throws(StorageError) -> Identifier<Kind> {
        let id = withBytes(column) { bytes -> Identifier<Kind>? in
            guard bytes.count == Identifier<Kind>.byteCount else { return nil }
            return Identifier(
                high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
        guard let id else { throw .database("an identifier is not of 16 bytes") }
        return id
    }

    func optionalIdentifier<Kind>(
        _ column: Int32, of kind: Identifier<Kind>.Type
    ) throws(StorageError) -> Identifier<Kind>? {
        isNull(column) ? nil : try identifier(column, of: kind)
    }
}

/// SQLite copies the bound bytes before the call returns.
private var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

extension StorageError {
    /// What a result code means; `connection` has the text and, for I/O errors, the system's number.
    static func sqlite(_ code: Int32, _ connection: OpaquePointer?) -> StorageError {
        var number = connection.map { sqlite3_system_errno($0) } ?? 0
        // Of a COMMIT whose frames could not be written, SQLite keeps the number with the log alone.
        if number == 0, code & 0xff == SQLITE_IOERR { number = connection.map(lastErrorOfLog) ?? 0 }
        let text = connection.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) } ?? "result \(code)"
        // Before all else: whatever the reason that a sync gives, what it was to save may be lost.
        let extended = connection.map { sqlite3_extended_errcode($0) } ?? code
        if isFailedSync(code) || isFailedSync(extended) {
            return .syncFailed(operation: "catalogue: \(text)", errno: number)
        }
        if code & 0xff == SQLITE_FULL { return .diskFull }
        if code & 0xff == SQLITE_CORRUPT {
            return .corrupt(code: extended & 0xff == SQLITE_CORRUPT ? extended : code, text)
        }
        if code & 0xff == SQLITE_IOERR, number == ENOSPC || number == EDQUOT { return .diskFull }
        return .database("\(text) (\(code))")
    }

    /// The system's number for what last went wrong with the write-ahead log; zero when nothing has.
    private static func lastErrorOfLog(_ connection: OpaquePointer) -> Int32 {
        var log: UnsafeMutablePointer<sqlite3_file>?
        guard sqlite3_file_control(connection, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK,
            let log, let control = log.pointee.pMethods?.pointee.xFileControl
        else { return 0 }
        var number: Int32 = 0
        return control(log, SQLITE_FCNTL_LAST_ERRNO, &number) == SQLITE_OK ? number : 0
    }

    /// Any error of a block that ran inside GRDB, as one of ours.
    static func wrapping(_ error: any Error) -> StorageError {
        switch error {
        case let error as StorageError: error
        case let error as DatabaseError where isFailedSync(error.extendedResultCode.rawValue):
            .syncFailed(operation: "catalogue: \(error)", errno: EIO)
        case let error as DatabaseError where error.resultCode == .SQLITE_FULL: .diskFull
        case let error as DatabaseError: .database(error.description)
        default: .database("\(error)")
        }
    }
}

extension StorageError {
    /// Whether a COMMIT that ended with this result code has left nothing behind in the log.
    ///
    /// After any other failure the frame that marks the commit may be written, and a restart may find it.
    package static func leavesNothing(_ code: Int32) -> Bool {
        switch code & 0xff {
        case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_BUSY, SQLITE_CONSTRAINT: true
        default: false
        }
    }
}

/// Result codes of SQLite for a failed sync of a file or of a directory; their macros are more than Swift can import.
package func isFailedSync(_ code: Int32) -> Bool {
    code == SQLITE_IOERR | 4 << 8 || code == SQLITE_IOERR | 5 << 8
}
