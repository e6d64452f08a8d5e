/// The record of a user, a group, a policy or an access key, as its owner sealed it.
package struct AccountRow: Hashable, Sendable {
    /// 32 bytes, opaque here.
    package let id: [UInt8]
    package let sealed: [UInt8]

    package init(id: [UInt8], sealed: [UInt8]) {
        self.id = id
        self.sealed = sealed
    }
}

/// What becomes of one record.
package enum AccountChange: Hashable, Sendable {
    /// Stored, in the place of the record of that id if there is one.
    case put(AccountRow)
    /// Removed, if it is there.
    case remove(id: [UInt8])

    var removes: Bool {
        switch self {
        case .put: false
        case .remove: true
        }
    }
}

extension ObjectStore {
    /// All records of accounts, in the order of their ids.
    ///
    /// Blocks for as long as it takes to read them: for the start.
    package func accounts() throws(StorageError) -> [AccountRow] {
        try catalogue.readers.read { session throws(StorageError) in try session.accounts() }
    }

    /// Makes all of the changes, or none of them.
    package func changeAccounts(_ changes: [AccountChange]) async throws(StorageError) {
        let bytes = changes.reduce(0) { sum, change in
            switch change {
            case .put(let row): sum + row.sealed.count
            case .remove: sum
            }
        }
        if bytes > 0 { try space.admitRows(Int64(bytes)) }
        _ = try await committer.commit(.changeAccounts(changes))
    }
}
