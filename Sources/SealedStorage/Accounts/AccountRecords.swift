import Encryption
package import KeyManagement
import ObjectStorage

/// The records of users, groups, policies and access keys as the catalogue holds them.
///
/// Each is one row, which opens under its id alone, so that one that is damaged is the loss of itself. The id is a code of
/// the record's kind and name: what is called how is not readable on the drive, and a name leads to its row.
package struct AccountRecords: Sendable {
    private let records: SealedRecords

    package init(_ records: SealedRecords) { self.records = records }

    /// What names a record: its kind, a number that is part of the format, and its name within the kind.
    package struct Name: Sendable {
        let kind: UInt8
        let text: String

        package init(kind: UInt8, _ text: String) {
            self.kind = kind
            self.text = text
        }
    }

    package enum Change: Sendable {
        case put(Name, record: [UInt8])
        case remove(Name)
    }

    /// Every record, or `nil` in the place of one that is damaged.
    ///
    /// Blocks for as long as it takes to read them.
    package func all() throws -> [(id: [UInt8], record: [UInt8]?)] {
        let sealer = try records.sealer
        return try records.store.accounts().map { row in
            guard !records.store.isDistrusted(row.sealed) else { return (row.id, nil) }
            return (row.id, try? sealer.open(row.sealed, kind: .account, id: row.id, associatedData: []))
        }
    }

    /// Makes all of the changes, or none of them; they are durable when this returns.
    package func commit(_ changes: [Change]) async throws {
        guard changes.count > Self.sealedInPlace else {
            return try await records.store.changeAccounts(changes.map { try sealed($0) })
        }
        try await records.store.changeAccounts(records.store.offload { try changes.map { try sealed($0) } })
    }

    /// More are sealed on a thread of the drive's: some microseconds each, which the caller's event loop has not.
    private static let sealedInPlace = 64

    private func sealed(_ change: Change) throws(KeyServiceError) -> AccountChange {
        let sealer = try records.sealer
        switch change {
        case .put(let name, let record):
            let id = try id(of: name)
            return .put(AccountRow(id: id, sealed: sealer.seal(record, kind: .account, id: id, associatedData: [])))
        case .remove(let name): return .remove(id: try id(of: name))
        }
    }

    package func id(of name: Name) throws(KeyServiceError) -> [UInt8] {
        try records.sealer.code(ofName: name.text, in: Array("coffer account ".utf8) + [name.kind])
    }
}
