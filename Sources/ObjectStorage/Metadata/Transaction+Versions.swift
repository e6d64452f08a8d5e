/// A version with its row number and, if it is its key's newest, the order of the null version below it.
struct VersionRow {
    let row: Int64
    let stored: StoredVersion
    let nullOrder: Int64?

    var isNull: Bool { stored.columns.flags.contains(.nullVersion) }

    /// As it counts in its part's sum.
    var record: CoveredRecord {
        .version(stored.columns, row: row, sealed: stored.sealed)
    }
}

extension Transaction {
    /// Stores a version with its body.
    ///
    /// - Parameter mayExceedQuota: whether the bucket has the same bytes already, under a key from which they go.
    func put(
        _ new: NewVersion, _ expectation: Expectation, mayExceedQuota: Bool = false
    ) throws(StorageError) -> PutOutcome {
        // Looked up first: the version that is put may take the place of the one whose parts it shares.
        let upload = try sharedUpload(of: new.body)
        let row: Int64
        switch try store(new, expectation, mayExceedQuota: mayExceedQuota) {
        case .refused(let outcome): return outcome
        case .stored(let number): row = number
        }
        try writeBody(new, row: row)
        if let upload { try own(upload, by: row) }
        try insertAnnotations(of: new)
        try queue(new.events)
        return .stored
    }

    /// Writes what a version's row does not hold of its body.
    func writeBody(_ new: NewVersion, row: Int64) throws(StorageError) {
        switch new.body {
        case .inline(let bytes):
            // In the place of the body that the row had, or that one of this number had.
            keepBody(ofRow: row)
            let insertion = try session.prepare("INSERT OR REPLACE INTO inline_bodies (version, bytes) VALUES (?, ?)")
            insertion.bind(.integer(row))
            try insertion.step(borrowing: bytes, at: 2)
        case .file(let blob): refer(to: blob.id)
        case .none, .sharedFile: break
        case .sharedParts(_, let manifest):
            try insertManifest(manifest, of: new.columns.version)
        }
    }

    enum Storing {
        case refused(PutOutcome)
        /// Under this row number.
        case stored(Int64)
    }

    /// Writes the row of a new version, after everything that can refuse it; a version that it replaces goes with its body.
    ///
    /// The new body is the caller's to write.
    func store(
        _ new: NewVersion, _ expectation: Expectation, mayExceedQuota: Bool = false
    ) throws(StorageError) -> Storing {
        let columns = new.columns
        let rule = try requireBucket(columns.bucket)
        guard isFlagged(columns, by: rule) || new.keepsKind && rule.versioning != .unversioned else {
            return .refused(.versioningChanged(rule))
        }
        let newest = try newestVersion(columns.bucket, columns.key)
        guard expectation.holds(for: newest?.stored) else { return .refused(.changed(current: newest?.stored)) }
        if let newest, isStale(columns, above: newest) {
            return .refused(.staleOrder(newest: newest.stored.columns.order))
        }
        let isNull = columns.flags.contains(.nullVersion)
        let replaced: VersionRow? =
            if !isNull { nil } else if let newest, newest.isNull { newest } else { try nullVersion(below: newest) }
        if new.keepsKind, rule.versioning == .locked, replaced != nil { return .refused(.versioningChanged(rule)) }
        if !mayExceedQuota { try requireRoom(for: new, replacing: replaced, in: columns.bucket) }
        if replaced == nil, newest != nil { try requireRoomForVersion(of: columns) }
        try requireShared(new.body)
        try useDataKey(columns.dataKey, row: new.dataKey)
        noteOrder(columns.order)
        guard isNull else {
            let nullOrder = newest.flatMap { $0.isNull ? $0.stored.columns.order : $0.nullOrder }
            return .stored(try insert(new, nullOrder: nullOrder, above: newest))
        }
        if let newest, newest.isNull { return .stored(try replace(newest, by: new)) }
        if let replaced { try remove(replaced, isNewest: false) }
        return .stored(try insert(new, nullOrder: nil, above: newest))
    }

    /// Whether a new version is the null version if and only if the bucket writes that of its key.
    func isFlagged(_ columns: VersionColumns, by rule: VersioningRule) -> Bool {
        columns.flags.contains(.nullVersion) == rule.writesNullVersion(of: columns.key)
    }

    /// Whether a new version would not be later than its key's newest one.
    func isStale(_ columns: VersionColumns, above newest: VersionRow) -> Bool {
        let order = newest.stored.columns.order
        // One that the clock never gives is damaged, and later than nothing.
        return order >= columns.order && order < OrderClock.greatest
    }

    /// Checks that rows refer to the file that the body is to share: it cannot go as long as this one does.
    private func requireShared(_ body: NewBody) throws(StorageError) {
        switch body {
        case .inline, .file, .none, .sharedParts: break
        case .sharedFile(let blob): guard try session.isReferredTo(blob) else { throw .noSuchBlob }
        }
    }

    /// Puts a version in the place of the null version: the row keeps its number, and its pages, unless a list of files is
    /// still known by that number.
    private func replace(_ old: VersionRow, by new: NewVersion) throws(StorageError) -> Int64 {
        if try hasFileList(old) {
            try remove(old, isNewest: true)
            return try insert(new, nullOrder: nil, above: nil)
        }
        let columns = new.columns
        try releaseAnnotations(of: old.stored.columns)
        count(old.stored.columns, row: old.row, times: -1, isNewest: true)
        count(columns, row: old.row, times: 1, isNewest: true)
        removeReference(old.stored.columns.dataKey)
        try noteDeparture(old.record)
        try noteArrival(.version(columns, row: old.row, sealed: new.sealed))
        try change(old) { () throws(StorageError) in
            try run(
                """
                UPDATE versions SET ord = ?, version = ?, size = ?, modified = ?, flags = ?, data_key = ?, body = ?,
                    blob = ?, sealed = ? WHERE id = ?
                """,
                .integer(columns.order), .identifier(columns.version), .integer(columns.size),
                .integer(columns.modified), .integer(Int64(columns.flags.rawValue)),
                .optional(columns.dataKey?.rawValue), .integer(columns.body.rawValue), .identifier(columns.blob),
                .blob(new.sealed), .integer(old.row))
        }
        try dropBody(of: old, keepsInline: columns.body == .inline)
        return old.row
    }

    /// - Parameter newest: the version of the key that has been the newest one until now.
    func insert(
        _ new: NewVersion, nullOrder: Int64?, above newest: VersionRow?
    ) throws(StorageError) -> Int64 {
        let columns = new.columns
        try run(
            """
            INSERT INTO versions (
                bucket, key, ord, version, size, modified, flags, data_key, body, blob, sealed, null_ord)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .integer(columns.bucket.rawValue), .key(columns.key), .integer(columns.order),
            .identifier(columns.version), .integer(columns.size), .integer(columns.modified),
            .integer(Int64(columns.flags.rawValue)), .optional(columns.dataKey?.rawValue),
            .integer(columns.body.rawValue), .identifier(columns.blob), .blob(new.sealed), .optional(nullOrder))
        let row = session.lastInsertedRow
        count(columns, row: row, times: 1, isNewest: true)
        try noteArrival(.version(columns, row: row, sealed: new.sealed))
        if let newest { countObject(newest, times: -1) }
        return row
    }

    /// Puts another record of the same version in the place of the one that was read.
    ///
    /// `changed` without bytes when there is no such version.
    func replaceRecord(
        _ bucket: BucketID, _ key: String, _ version: VersionID, _ sealed: [UInt8], _ replacing: [UInt8],
        _ events: [NewEvent]
    ) throws(StorageError) -> SwapOutcome {
        try requireBucket(bucket)
        guard let found = try select(.id(version), bucket, key, newest: try newestVersion(bucket, key)) else {
            return .changed(current: nil)
        }
        guard found.stored.sealed == replacing else { return .changed(current: found.stored.sealed) }
        try noteDeparture(found.record)
        try noteArrival(
            .version(found.stored.columns, row: found.row, sealed: sealed))
        try run("UPDATE versions SET sealed = ? WHERE id = ?", .blob(sealed), .integer(found.row))
        try queue(events)
        return .swapped
    }

    // MARK: Deleting

    func delete(_ bucket: BucketID, _ deletions: [Deletion]) throws(StorageError) -> [DeletionOutcome] {
        let rule = try requireBucket(bucket)
        var outcomes: [DeletionOutcome] = []
        outcomes.reserveCapacity(deletions.count)
        for deletion in deletions { outcomes.append(try delete(bucket, deletion, rule)) }
        return outcomes
    }

    private func delete(
        _ bucket: BucketID, _ deletion: Deletion, _ rule: VersioningRule
    ) throws(StorageError) -> DeletionOutcome {
        switch deletion.change {
        case .marker(let marker):
            switch try put(marker, deletion.expectation) {
            case .stored: return .marked
            case .changed(let current): return .changed(current: current)
            case .staleOrder(let newest): return .staleOrder(newest: newest)
            case .versioningChanged(let rule): return .versioningChanged(rule)
            }
        case .onlyVersion:
            guard rule.versioning == .unversioned else { return .versioningChanged(rule) }
            return try remove(.current, bucket, deletion, rule.versioning)
        case .version(let selector):
            return try remove(selector, bucket, deletion, rule.versioning)
        }
    }

    /// Where a version may be locked, who removes it must have seen its record.
    private func remove(
        _ selector: VersionSelector, _ bucket: BucketID, _ deletion: Deletion, _ versioning: BucketVersioning
    ) throws(StorageError) -> DeletionOutcome {
        let isLocked = versioning == .locked
        let newest = try newestVersion(bucket, deletion.key)
        let found = try select(selector, bucket, deletion.key, newest: newest)
        guard deletion.expectation.holds(for: found?.stored), !isLocked || found == nil || deletion.isOfRecord else {
            return .changed(current: found?.stored)
        }
        guard let found else { return .absent }
        guard try stands(found, as: deletion.standing, newest: newest) else { return .changed(current: found.stored) }
        let isNewest = found.row == newest?.row
        try remove(found, isNewest: isNewest)
        if isNewest, versioning != .unversioned, let next = try newestVersion(bucket, deletion.key) {
            countObject(next, times: 1)
        }
        try queue(deletion.events)
        return .removed(found.stored.columns)
    }

    /// - Parameter isNewest: whether it is its key's newest version; to count the next one as that is the caller's.
    func remove(_ version: VersionRow, isNewest: Bool) throws(StorageError) {
        try releaseAnnotations(of: version.stored.columns)
        count(version.stored.columns, row: version.row, times: -1, isNewest: isNewest)
        removeReference(version.stored.columns.dataKey)
        try noteDeparture(version.record)
        if try hasFileList(version) {
            try change(version) { () throws(StorageError) in try buryRow(of: version) }
        } else {
            try change(version) { () throws(StorageError) in
                try run("DELETE FROM versions WHERE id = ?", .integer(version.row))
            }
        }
        try dropBody(of: version, keepsInline: false)
    }

    /// Changes the row of a version; when the table's copy of its place differs from the index, by which it was found,
    /// that copy is first made what the index says.
    ///
    /// Only where changes are taken back one by one: elsewhere the batch begins anew in that way.
    private func change(
        _ version: VersionRow, _ statement: () throws(StorageError) -> Void
    ) throws(StorageError) {
        do throws(StorageError) {
            try statement()
        } catch .corrupt(code: StorageError.corruptIndex, let text) {
            let error = StorageError.corrupt(code: StorageError.corruptIndex, text)
            guard undoesSingly else { throw error }
            let columns = version.stored.columns
            // While the schema counts as writable, SQLite lets an entry be missing that it is to remove.
            try session.execute("PRAGMA writable_schema = ON")
            // Sets a flag, and cannot fail.
            defer { try? session.execute("PRAGMA writable_schema = OFF") }
            // This statement reads the index alone.
            let order = try session.first(
                """
                SELECT ord FROM versions INDEXED BY versions_by_key WHERE bucket = ? AND key = ? AND id = ?
                """, .integer(columns.bucket.rawValue), .key(columns.key), .integer(version.row)
            ) { row in row.integer(0) }
            guard let order else { throw error }
            try run(
                "UPDATE versions SET bucket = ?, key = ?, ord = ? WHERE id = ?",
                .integer(columns.bucket.rawValue), .key(columns.key), .integer(order), .integer(version.row))
            try statement()
            noteMending("the place of object \"\(columns.key)\" in the catalogue's table differed from its index")
        }
    }

    /// Removes an inline body or a manifest, and hands files over to be unlinked.
    private func dropBody(of version: VersionRow, keepsInline: Bool) throws(StorageError) {
        let columns = version.stored.columns
        switch columns.body {
        case .none: break
        case .inline:
            if !keepsInline { try removeBody(ofRow: version.row) }
        case .file:
            if let blob = columns.blob { try discard(blob, owner: columns.version) }
        case .parts: try dropParts(of: version)
        case .unreadable:
            if !keepsInline { try removeBody(ofRow: version.row) }
            if let blob = columns.blob { try discard(blob, owner: columns.version) }
            try dropParts(of: version)
        }
    }

    // MARK: Finding

    func newestVersion(_ bucket: BucketID, _ key: String) throws(StorageError) -> VersionRow? {
        try session.versionRow(SelectVersion.current, bucket, key, order: nil)
    }

    func select(
        _ selector: VersionSelector, _ bucket: BucketID, _ key: String, newest: VersionRow?
    ) throws(StorageError) -> VersionRow? {
        guard let newest else { return nil }
        switch selector {
        case .current: return newest
        case .null: return newest.isNull ? newest : try nullVersion(below: newest)
        case .id(let version):
            if newest.stored.columns.version == version { return newest }
            let found = try session.versionRow(SelectVersion.ofOrder, bucket, key, order: version.order)
            if let found, found.stored.columns.version == version { return found }
            // Identifiers of former releases were random: such a version can be the null version alone.
            guard let null = try nullVersion(below: newest), null.stored.columns.version == version else { return nil }
            return null
        }
    }

    /// The null version of a key whose newest version is another one.
    private func nullVersion(below newest: VersionRow?) throws(StorageError) -> VersionRow? {
        guard let newest, let order = newest.nullOrder else { return nil }
        let columns = newest.stored.columns
        let found = try session.versionRow(SelectVersion.ofOrder, columns.bucket, columns.key, order: order)
        // The order may be that of a null version which is gone.
        guard let found, found.isNull else { return nil }
        return found
    }
}
