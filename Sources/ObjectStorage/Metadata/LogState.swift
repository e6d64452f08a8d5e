import GRDBSQLite

enum CheckpointMode {
    /// Copies what no reader keeps; waits for nobody.
    case passive
    /// Waits for readers, copies all and cuts the file to nothing.
    case truncate
}

/// How long the write-ahead log is, by what SQLite reports after each commit.
///
/// Belongs to the committer's thread.
final class LogState {
    private static let frameSize = 8192 + 24

    private let limit: Int
    private var threshold: Int
    private var frames: Int32 = 0
    private var greatestFrames: Int32 = 0
    private var uncopied = false

    init(limit: Int) {
        self.limit = limit
        threshold = limit
    }

    /// Bytes of the log that are in use.
    var bytes: Int { Int(frames) * Self.frameSize }
    /// True while the log has frames that the database lacks.
    var hasFrames: Bool { uncopied }
    /// Bytes of the log that the database may have to grow by.
    var uncopiedBytes: Int64 { uncopied ? Int64(frames) * Int64(Self.frameSize) : 0 }

    /// True when the log should be copied even under load.
    var isLong: Bool { Int(frames) * Self.frameSize > threshold }

    /// True when the file is longer than the limit, whatever of it is in use.
    var isLargeOnDisk: Bool { Int(greatestFrames) * Self.frameSize > limit + limit / 2 }

    /// Has SQLite report the log's length after each commit.
    ///
    /// The hook holds no reference: the connection is closed before the engine that owns this goes.
    func watch(_ session: Session) {
        sqlite3_wal_hook(
            session.handle,
            { context, _, _, frames in
                guard let context else { return SQLITE_OK }
                Unmanaged<LogState>.fromOpaque(context).takeUnretainedValue().note(frames)
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    func unwatch(_ session: Session) {
        sqlite3_wal_hook(session.handle, nil, nil)
    }

    private func note(_ frames: Int32) {
        self.frames = frames
        greatestFrames = max(greatestFrames, frames)
        uncopied = true
    }

    /// Copies the log into the database; returns what went wrong, which is no harm unless it was a sync.
    func checkpoint(_ session: Session, _ mode: CheckpointMode) -> StorageError? {
        var total: Int32 = 0
        var copied: Int32 = 0
        let sqliteMode =
            switch mode {
            case .passive: SQLITE_CHECKPOINT_PASSIVE
            case .truncate: SQLITE_CHECKPOINT_TRUNCATE
            }
        // A reader on an old snapshot can leave frames behind; they are tried again at the next occasion.
        let code = sqlite3_wal_checkpoint_v2(session.handle, nil, sqliteMode, &total, &copied)
        let isComplete = code == SQLITE_OK && copied >= total
        uncopied = !isComplete
        threshold = isComplete ? limit : Int(frames) * Self.frameSize + limit / 4
        if isComplete { frames = 0 }
        if isComplete && mode == .truncate { greatestFrames = 0 }
        return code == SQLITE_OK || code == SQLITE_BUSY ? nil : .sqlite(code, session.handle)
    }
}
