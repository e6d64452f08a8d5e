extension Session {
    /// The value of `drive` that says up to which row number versions are counted: the greatest when all are, and all that
    /// are to come.
    static let countedRows = "counted"

    func usage(of bucket: BucketID) throws(StorageError) -> BucketUsage {
        try first(
            "SELECT bucket, bytes, objects, versions, delete_markers FROM bucket_usage WHERE bucket = ?",
            .integer(bucket.rawValue), read: { $0.usage }) ?? BucketUsage()
    }

    func usage() throws(StorageError) -> [BucketID: BucketUsage] {
        let rows = try all("SELECT bucket, bytes, objects, versions, delete_markers FROM bucket_usage") { row in
            (BucketID(rawValue: row.integer(0)), row.usage)
        }
        return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }
}

extension PreparedStatement {
    fileprivate var usage: BucketUsage {
        BucketUsage(bytes: integer(1), objects: integer(2), versions: integer(3), deleteMarkers: integer(4))
    }
}

/// How much buckets have, kept up with every version that comes or goes.
///
/// Versions of a former release are counted in the order of their row numbers, in steps; a change of a version that has not
/// had its turn yet changes no count.
extension Transaction {
    /// A version has come (1) or gone (-1).
    ///
    /// - Parameter isNewest: whether it is or was the newest one of its key.
    func count(_ columns: VersionColumns, row: Int64, times sign: Int64, isNewest: Bool) {
        guard row <= countedRows else { return }
        if let owner = columns.bucket.ofAnnotatedObjects {
            noteUsage(BucketUsage(bytes: columns.size), times: sign, in: owner)
        } else if columns.bucket.rawValue > 0 {
            noteUsage(
                BucketUsage(of: columns.flags, size: columns.size, isNewest: isNewest), times: sign, in: columns.bucket)
        }
    }

    /// A version that stays has become the newest one of its key (1), or is that no longer (-1).
    func countObject(_ version: VersionRow, times sign: Int64) {
        let columns = version.stored.columns
        guard version.row <= countedRows, !columns.flags.contains(.deleteMarker) else { return }
        noteUsage(BucketUsage(objects: 1), times: sign, in: columns.bucket)
    }

    /// - Parameter bucket: that of the object, of an annotation too.
    /// - Throws: `quotaExceeded` when the bucket has a quota, would have more than that, and more than it has.
    func requireRoom(
        for new: NewVersion, replacing replaced: VersionRow?, in bucket: BucketID
    ) throws(StorageError) {
        guard let quota = try quota(of: bucket) else { return }
        let size = new.annotations.reduce(new.columns.size) { $0 &+ $1.columns.size }
        let growth = size &- (replaced?.stored.columns.size ?? 0)
        guard growth > 0 else { return }
        var usage = try session.usage(of: bucket)
        usage.add(usageChange(of: bucket), times: 1)
        let (after, isOver) = usage.bytes.addingReportingOverflow(growth)
        guard !isOver, after <= quota else { throw .quotaExceeded }
    }

    /// - Throws: `tooManyVersions` when the key has as many versions as it may have. A delete marker finds room always: it
    ///   is how a client gets rid of an object.
    func requireRoomForVersion(of columns: VersionColumns) throws(StorageError) {
        guard let limit = versionLimit?(), !columns.flags.contains(.deleteMarker) else { return }
        let count = try integer(
            """
            SELECT COUNT(*) FROM (
                SELECT 1 FROM versions INDEXED BY versions_by_key WHERE bucket = ? AND key = ? LIMIT ?)
            """, .integer(columns.bucket.rawValue), .key(columns.key), .integer(Int64(limit)))
        guard count ?? 0 < limit else { throw .tooManyVersions }
    }

    /// One step of counting the versions of a former release; true when there are more.
    func countVersions(_ limit: Int64) throws(StorageError) -> Bool {
        guard countedRows < .max else { return false }
        if countedRows <= 0 { try run("DELETE FROM bucket_usage") }
        let rows = try session.all(
            "SELECT id, bucket, key, size, flags FROM versions WHERE id > ? ORDER BY id LIMIT ?",
            .integer(countedRows), .integer(limit)
        ) { row in
            (
                id: row.integer(0), bucket: row.integer(1), key: row.bytes(2), size: row.integer(3),
                flags: VersionFlags(rawValue: UInt32(truncatingIfNeeded: row.integer(4)))
            )
        }
        // Rows of bucket 0 have been deleted and stand for files that are to be removed.
        for row in rows where row.bucket != 0 {
            guard row.bucket > 0 else {
                guard let owner = BucketID(rawValue: row.bucket).ofAnnotatedObjects else { continue }
                noteUsage(BucketUsage(bytes: row.size), times: 1, in: owner)
                continue
            }
            let newest = try integer(
                "SELECT id FROM versions WHERE bucket = ? AND key = ? ORDER BY ord DESC LIMIT 1",
                .integer(row.bucket), .blob(row.key))
            noteUsage(
                BucketUsage(of: row.flags, size: row.size, isNewest: newest == row.id), times: 1,
                in: BucketID(rawValue: row.bucket))
        }
        let hasMore = rows.count == limit
        countedRows = hasMore ? rows.last?.id ?? .max : .max
        try run(
            "INSERT INTO drive (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            .text(Session.countedRows), .integer(countedRows))
        return hasMore
    }

    /// Writes what the batch has changed.
    func settleUsage(_ sums: [BucketID: BucketUsage]) throws(StorageError) {
        for (bucket, change) in sums where change != BucketUsage() {
            let values: [SQLValue] = [
                .integer(change.bytes), .integer(change.objects), .integer(change.versions),
                .integer(change.deleteMarkers), .integer(bucket.rawValue),
            ]
            let update = try session.prepare(
                """
                UPDATE bucket_usage SET bytes = bytes + ?, objects = objects + ?, versions = versions + ?,
                    delete_markers = delete_markers + ? WHERE bucket = ?
                """)
            update.bind(values)
            _ = try update.step()
            guard !session.hasChangedRow else { continue }
            // One that this batch has deleted stays without a row.
            let insertion = try session.prepare(
                """
                INSERT INTO bucket_usage (bytes, objects, versions, delete_markers, bucket)
                    SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM buckets WHERE id = ?5)
                """)
            insertion.bind(values)
            _ = try insertion.step()
        }
    }
}

extension BucketUsage {
    init(of flags: VersionFlags, size: Int64, isNewest: Bool) {
        self =
            flags.contains(.deleteMarker)
            ? BucketUsage(deleteMarkers: 1) : BucketUsage(bytes: size, objects: isNewest ? 1 : 0, versions: 1)
    }
}
