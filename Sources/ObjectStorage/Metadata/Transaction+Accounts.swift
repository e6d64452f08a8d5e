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
                try noteAccountGoing(row.id)
                try noteArrival(.account(row))
                try run(
                    "INSERT INTO accounts (id, sealed) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed",
                    .blob(row.id), .blob(row.sealed))
            case .remove(let id):
                try noteAccountGoing(id)
                try run("DELETE FROM accounts WHERE id = ?", .blob(id))
            }
        }
        return .done
    }

    private func noteAccountGoing(_ id: [UInt8]) throws(StorageError) {
        let sealed = try session.first("SELECT sealed FROM accounts WHERE id = ?", .blob(id)) { row in row.bytes(0) }
        if let sealed { try noteDeparture(.account(AccountRow(id: id, sealed: sealed))) }
    }
}
