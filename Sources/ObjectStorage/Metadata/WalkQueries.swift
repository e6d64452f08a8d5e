extension Session {
    func greatestVersionRow() throws(StorageError) -> Int64 {
        try first("SELECT max(id) FROM versions") { row in row.integer(0) } ?? 0
    }

    func greatestUploadRow() throws(StorageError) -> Int64 {
        try first("SELECT max(id) FROM uploads") { row in row.integer(0) } ?? 0
    }

    /// - Parameter lease: gives a version the lease that its files need.
    func walkVersions(
        after row: Int64, upTo last: Int64, limit: Int, bytes: Int, dataKeys: DataKeyRows,
        lease: (FoundVersion) -> FoundVersion
    ) throws(StorageError) -> [WalkedVersion] {
        let generation = dataKeys.generation
        let rows = try prepare(
            """
            SELECT v.ord, v.version, v.size, v.modified, v.flags, v.data_key, v.body, v.blob, v.sealed, v.id, v.null_ord,
                b.bytes, v.bucket, v.key
            FROM versions v LEFT JOIN inline_bodies b ON b.version = v.id WHERE v.id > ? AND v.id <= ? ORDER BY v.id
            """)
        // Until it is reset, what is asked meanwhile on this connection sees the same snapshot.
        rows.bind(.integer(row), .integer(last))
        defer { rows.reset() }
        var walked: [WalkedVersion] = []
        var (left, room) = (limit, bytes)
        while left > 0, room > 0, try rows.step() {
            let bucket = BucketID(rawValue: rows.integer(12))
            let version = try readVersion(rows, bucket, rows.string(13))
            let columns = version.columns
            var dataKey: DataKeyRow?
            if let id = columns.dataKey {
                dataKey = try dataKeys.row(id, asOf: generation) { () throws(StorageError) in try self.dataKey(id) }
            }
            let found = FoundVersion(
                version: version, dataKey: dataKey,
                inline: columns.body == .inline && !rows.isNull(11) ? rows.bytes(11) : nil,
                manifest: columns.body == .parts ? try manifest(columns.version) : nil, lease: nil,
                nullOrder: rows.optionalInteger(10))
            let number = rows.integer(9)
            walked.append(
                WalkedVersion(
                    row: number, found: lease(found),
                    isIndexed: try isIndexed(number, bucket, rows.bytes(13), columns.order),
                    isFirstOwner: try isFirstOwner(number, columns),
                    ownedBlobs: columns.body == .parts ? try ownedBlobs(number) : []))
            left -= 1
            room -= version.sealed.count + (found.inline?.count ?? 0) + (found.manifest?.count ?? 0)
        }
        return walked
    }

    private func isIndexed(
        _ row: Int64, _ bucket: BucketID, _ key: [UInt8], _ order: Int64
    ) throws(StorageError) -> Bool {
        let found = try first(
            "SELECT id FROM versions INDEXED BY versions_by_key WHERE bucket = ? AND key = ? AND ord = ?",
            .integer(bucket.rawValue), .blob(key), .integer(order)
        ) { row in row.integer(0) }
        return found == row
    }

    private func isFirstOwner(_ row: Int64, _ columns: VersionColumns) throws(StorageError) -> Bool {
        switch columns.body {
        case .none, .inline, .unreadable: return true
        case .file:
            guard let blob = columns.blob else { return true }
            let first = try first("SELECT id FROM versions WHERE blob = ? ORDER BY id LIMIT 1", .identifier(blob)) {
                row in
                row.integer(0)
            }
            return first ?? row >= row
        case .parts:
            let first = try first(
                """
                SELECT min(version) FROM version_uploads
                WHERE upload = (SELECT upload FROM version_uploads WHERE version = ?)
                """, .integer(row)
            ) { row in row.optionalInteger(0) }
            return (first ?? nil) ?? row >= row
        }
    }

    /// The files of a version that is made of parts, as the tables of parts have them, but for those that are left out of it.
    private func ownedBlobs(_ row: Int64) throws(StorageError) -> Set<BlobID> {
        let listed = try all(
            """
            SELECT p.blob FROM version_uploads o JOIN parts p ON p.upload = o.upload WHERE o.version = ?1
            UNION ALL SELECT blob FROM version_blobs WHERE version = ?1
            """, .integer(row)
        ) { row in try? row.identifier(0, of: BlobID.self) }
        return Set(listed.compactMap(\.self))
    }

    func walkUploads(
        after row: Int64, upTo last: Int64, limit: Int, dataKeys: DataKeyRows
    ) throws(StorageError) -> [WalkedUpload] {
        let generation = dataKeys.generation
        return try all(
            """
            SELECT u.upload, u.bucket, u.key, u.initiated, u.data_key, u.sealed, u.id,
                EXISTS (SELECT 1 FROM buckets b WHERE b.id = u.bucket)
            FROM uploads u WHERE u.id > ? AND u.id <= ? ORDER BY u.id LIMIT ?
            """, .integer(row), .integer(last), .integer(Int64(limit))
        ) { row throws(StorageError) in
            guard let upload = try? uploadRow(row) else {
                return WalkedUpload(row: row.integer(6), found: nil, hasBucket: row.integer(7) != 0)
            }
            var dataKey: DataKeyRow?
            if let id = upload.dataKey {
                dataKey = try dataKeys.row(id, asOf: generation) { () throws(StorageError) in try self.dataKey(id) }
            }
            return WalkedUpload(
                row: row.integer(6), found: FoundUpload(upload: upload, dataKey: dataKey),
                hasBucket: row.integer(7) != 0)
        }
    }

    func walkEvents(after number: Int64, limit: Int) throws(StorageError) -> [WalkedEvent] {
        try all(
            "SELECT id, target, event, sealed FROM events WHERE id > ? ORDER BY id LIMIT ?", .integer(number),
            .integer(Int64(limit))
        ) { row in
            WalkedEvent(
                number: row.integer(0), target: row.string(1), id: try? row.identifier(2, of: EventID.self),
                sealed: row.bytes(3))
        }
    }

    func walkCompletions(
        after row: Int64, limit: Int
    ) throws(StorageError) -> [(row: Int64, completed: CompletedUpload?)] {
        try all(
            """
            SELECT upload, bucket, key, version, completed, receipt, id FROM completions
            WHERE id > ? ORDER BY id LIMIT ?
            """, .integer(row), .integer(Int64(limit))
        ) { row in (row: row.integer(6), completed: try? completedUploadRow(row)) }
    }

    func settings() throws(StorageError) -> [(name: String, value: [UInt8])] {
        try all("SELECT name, value FROM settings ORDER BY name") { row in (name: row.string(0), value: row.bytes(1)) }
    }
}

// MARK: Counts

extension Session {
    /// Keys that are counted in one pass over the versions: 16 bytes of memory each, and some more.
    private static let keysAtOnce = 1 << 20

    func checkCounts() throws(StorageError) -> CountCheck {
        var check = CountCheck()
        check.leftovers = try leftovers()
        var last = Int64.min
        var isFirst = true
        while true {
            var kept: [Int64: Int64] = [:]
            _ = try all(
                "SELECT id, refs FROM data_keys WHERE id > ? ORDER BY id LIMIT ?", .integer(last),
                .integer(Int64(Self.keysAtOnce))
            ) { row in
                last = row.integer(0)
                kept[last] = row.integer(1)
            }
            guard isFirst || !kept.isEmpty else { return check }
            let (counted, usage) = try countVersions(naming: kept)
            for (id, refs) in kept.sorted(by: { $0.key < $1.key }) where counted[id, default: 0] != refs {
                check.dataKeys.append(
                    .init(id: DataKeyID(rawValue: id), kept: refs, counted: counted[id, default: 0]))
            }
            if isFirst, try driveValue(Session.countedRows) == .max { check.usage = try differences(from: usage) }
            isFirst = false
            guard kept.count == Self.keysAtOnce else { return check }
        }
    }

    private func countVersions(
        naming keys: [Int64: Int64]
    ) throws(StorageError) -> (dataKeys: [Int64: Int64], usage: [Int64: BucketUsage]) {
        var counted: [Int64: Int64] = [:]
        var usage: [Int64: BucketUsage] = [:]
        // By the index, so that the newest version of a key comes first.
        let versions = try prepare(
            """
            SELECT data_key, bucket, size, flags, key FROM versions INDEXED BY versions_by_key
            ORDER BY bucket, key, ord DESC
            """)
        versions.bind()
        defer { versions.reset() }
        var (bucket, key): (Int64, [UInt8]) = (.min, [])
        while try versions.step() {
            if let id = versions.optionalInteger(0), keys[id] != nil { counted[id, default: 0] += 1 }
            let isNewest = bucket != versions.integer(1) || !versions.withBytes(4) { $0.elementsEqual(key) }
            if isNewest { (bucket, key) = (versions.integer(1), versions.bytes(4)) }
            if let owner = BucketID(rawValue: bucket).ofAnnotatedObjects {
                usage[owner.rawValue, default: BucketUsage()].add(BucketUsage(bytes: versions.integer(2)))
            }
            // Versions that are gone and whose files are not count for nothing.
            guard bucket > 0 else { continue }
            let flags = VersionFlags(rawValue: UInt32(truncatingIfNeeded: versions.integer(3)))
            usage[bucket, default: BucketUsage()].add(
                BucketUsage(of: flags, size: versions.integer(2), isNewest: isNewest))
        }
        let uploads = try prepare("SELECT data_key FROM uploads WHERE data_key IS NOT NULL")
        uploads.bind()
        defer { uploads.reset() }
        while try uploads.step() {
            if keys[uploads.integer(0)] != nil { counted[uploads.integer(0), default: 0] += 1 }
        }
        return (counted, usage)
    }

    /// Rows of tables beside the versions that belong to no version and no upload, and that no removal is under way for.
    private func leftovers() throws(StorageError) -> [String] {
        try all(
            """
            SELECT DISTINCT upload FROM parts p WHERE NOT EXISTS (SELECT 1 FROM uploads WHERE id = p.upload)
                AND NOT EXISTS (SELECT 1 FROM version_uploads WHERE upload = p.upload)
                AND NOT EXISTS (SELECT 1 FROM dead_uploads WHERE upload = p.upload) LIMIT 100
            """, read: { "parts of upload \($0.integer(0)), which nothing has" })
            + all(
                "SELECT version FROM inline_bodies b WHERE NOT EXISTS (SELECT 1 FROM versions WHERE id = b.version) LIMIT 100",
                read: { "the body of version \($0.integer(0)), which is not there" })
            + all(
                "SELECT version FROM version_uploads o WHERE NOT EXISTS (SELECT 1 FROM versions WHERE id = o.version) LIMIT 100",
                read: { "the parts of version \($0.integer(0)), which is not there" })
    }

    private func differences(from counted: [Int64: BucketUsage]) throws(StorageError) -> [CountCheck.Usage] {
        let kept = try usage()
        return Set(counted.keys).union(kept.keys.map(\.rawValue)).sorted().compactMap { number in
            let bucket = BucketID(rawValue: number)
            let (kept, counted) = (kept[bucket] ?? BucketUsage(), counted[number] ?? BucketUsage())
            return kept == counted ? nil : CountCheck.Usage(bucket: bucket, kept: kept, counted: counted)
        }
    }
}
