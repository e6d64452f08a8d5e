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
            INSERT INTO data_keys (id, kms_key, wrapped, context, created, shared, refs, epoch, origin)
            VALUES (?, ?, ?, ?, ?, 0, 1, ?, ?)
            ON CONFLICT (id) DO UPDATE SET refs = refs + 1
            WHERE wrapped = excluded.wrapped OR origin = excluded.origin
            """,
            .integer(row.id.rawValue), .text(row.kmsKey), .blob(row.wrapped), .blob(row.context),
            .integer(row.created), .integer(epoch), .integer(row.origin))
        guard session.hasChangedRow else { throw .noSuchDataKey }
        noteInsertion(of: row.id)
    }

    /// Inserts a key that several writers bring along, unless one of them was here; another key under its number is a
    /// failure.
    ///
    /// A key that was wrapped anew meanwhile is still the same one, and is known by the wrapping it was stored with.
    func insertDataKey(_ row: DataKeyRow) throws(StorageError) {
        try run(
            """
            INSERT INTO data_keys (id, kms_key, wrapped, context, created, shared, epoch, origin)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO NOTHING
            """,
            .integer(row.id.rawValue), .text(row.kmsKey), .blob(row.wrapped), .blob(row.context),
            .integer(row.created), .integer(row.isShared ? 1 : 0), .integer(epoch), .integer(row.origin))
        if session.hasChangedRow { return noteInsertion(of: row.id) }
        let same = try integer(
            "SELECT wrapped = ? OR origin = ? FROM data_keys WHERE id = ?", .blob(row.wrapped),
            .integer(row.origin), .integer(row.id.rawValue))
        guard same == 1 else { throw .noSuchDataKey }
    }

    func insertNewDataKey(_ row: DataKeyRow) throws(StorageError) -> MutationResult {
        try insertDataKey(row)
        return .done
    }

    /// Puts a newly wrapped form of the same key in the place of the old one, if that is still there.
    func replaceDataKey(_ row: DataKeyRow, _ wrapped: [UInt8]) throws(StorageError) -> Bool {
        try run(
            "UPDATE data_keys SET kms_key = ?, wrapped = ?, context = ? WHERE id = ? AND wrapped = ?",
            .text(row.kmsKey), .blob(row.wrapped), .blob(row.context), .integer(row.id.rawValue), .blob(wrapped))
        let isReplaced = session.hasChangedRow
        noteChange(of: row.id)
        return isReplaced
    }

    func retireDataKeys(_ ids: [DataKeyID], _ now: Int64) throws(StorageError) -> MutationResult {
        for id in ids {
            try run(
                "UPDATE data_keys SET shared = 0, retired = ? WHERE id = ? AND shared = 1", .integer(now),
                .integer(id.rawValue))
            noteChange(of: id)
        }
        return .done
    }

    /// Removes keys that no row names: see `UnusedDataKeys`, which has looked.
    func removeDataKeys(_ keys: [DataKeyID]) throws(StorageError) {
        for key in keys {
            try run("DELETE FROM data_keys WHERE id = ? AND refs = 0 AND shared = 0", .integer(key.rawValue))
            if session.hasChangedRow { noteChange(of: key) }
        }
    }

    /// Counts anew the references to keys whose counts said that there were none.
    func mendDataKeyCounts(_ counts: [DataKeyID: Int64]) throws(StorageError) {
        for (key, count) in counts {
            // When it has changed since the rows were counted, the next sweep counts again.
            try run("UPDATE data_keys SET refs = ? WHERE id = ? AND refs = 0", .integer(count), .integer(key.rawValue))
            guard session.hasChangedRow else { continue }
            noteMending("data key \(key.rawValue) was counted as unused, and \(count) versions or uploads name it")
        }
    }
}
