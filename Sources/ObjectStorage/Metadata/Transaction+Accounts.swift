extension Session {
    func accounts() throws(StorageError) -> [AccountRow] {
        try all("SELECT id, sealed FROM accounts ORDER BY id") { row in
            AccountRow(id: row.bytes(0), sealed: row.bytes(1))
        }
    }
}

extension Transaction {
    func change(_ changes: [AccountChange]) throws(StorageError) -> MutationResult {
        for change in changes {
            switch change {
            case .put(let row):
                try run(
                    "INSERT INTO accounts (id, sealed) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed",
                    .blob(row.id), .blob(row.sealed))
            case .remove(let id): try run("DELETE FROM accounts WHERE id = ?", .blob(id))
            }
        }
        return .done
    }
}
