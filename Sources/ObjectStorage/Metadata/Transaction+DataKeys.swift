extension Transaction {
    /// Counts a reference to a data key; inserts its row if it is given and there is none.
    func useDataKey(_ key: DataKeyID?, row: DataKeyRow?) throws(StorageError) {
        guard let key else {
            if let row { try insertDataKey(row) }
            return
        }
        if let row, row.id == key, !row.isShared { return try insertReferredDataKey(row) }
        guard try hasDataKey(key, inserting: row) else { throw .noSuchDataKey }
        addReference(key)
    }

    /// Inserts a key of one version or upload with its reference; another key under its number is a failure.
    private func insertReferredDataKey(_ row: DataKeyRow) throws(StorageError) {
        try run(
            """
            INSERT INTO data_keys (id, kms_key, wrapped, context, created, shared, refs) VALUES (?, ?, ?, ?, ?, 0, 1)
            ON CONFLICT (id) DO UPDATE SET refs = refs + 1 WHERE created = excluded.created
            """,
            .integer(row.id.rawValue), .text(row.kmsKey), .blob(row.wrapped), .blob(row.context),
            .integer(row.created))
        guard session.hasChangedRow else { throw .noSuchDataKey }
    }

    /// Inserts a key that several writers bring along, unless one of them was here.
    func insertDataKey(_ row: DataKeyRow) throws(StorageError) {
        try run(
            """
            INSERT INTO data_keys (id, kms_key, wrapped, context, created, shared) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO NOTHING
            """,
            .integer(row.id.rawValue), .text(row.kmsKey), .blob(row.wrapped), .blob(row.context),
            .integer(row.created), .integer(row.isShared ? 1 : 0))
    }

    /// Puts a newly wrapped form of the same key in the place of the old one, if that is still there.
    func replaceDataKey(_ row: DataKeyRow, replacing wrapped: [UInt8]) throws(StorageError) -> Bool {
        try run(
            "UPDATE data_keys SET kms_key = ?, wrapped = ?, context = ? WHERE id = ? AND wrapped = ?",
            .text(row.kmsKey), .blob(row.wrapped), .blob(row.context), .integer(row.id.rawValue), .blob(wrapped))
        noteChange(of: row.id)
        return session.hasChangedRow
    }

    func retireDataKey(_ id: DataKeyID, now: Int64) throws(StorageError) {
        try run(
            "UPDATE data_keys SET shared = 0, retired = ? WHERE id = ? AND shared = 1", .integer(now),
            .integer(id.rawValue))
        noteChange(of: id)
    }

    /// Removes the keys that nothing refers to and that were retired before the given time.
    func sweepDataKeys(retiredBefore limit: Int64) throws(StorageError) {
        let statement = try session.prepare(
            "DELETE FROM data_keys WHERE refs = 0 AND shared = 0 AND retired < ? RETURNING id")
        statement.bind(.integer(limit))
        while try statement.step() { noteChange(of: DataKeyID(rawValue: statement.integer(0))) }
    }
}
