package import Cryptography

/// What a sealed record is, and as what alone it opens; the raw value is part of the format.
package enum RecordKind: UInt8, Sendable, CaseIterable {
    case object = 1
    case bucket = 2
    case upload = 3
    case part = 4
    case manifest = 5
    case setting = 6
}

/// Seals the records of the catalogue; see the article <doc:KeyHierarchy>.
///
/// Layout: format (1) ‖ nonce (12) ‖ ciphertext (as long as the record) ‖ tag (16).
package final class RecordSealer: Sendable {
    /// Bytes that a sealed record is longer than the record.
    package static let overhead = 29

    private let catalogueKey: SecretKey

    package init(catalogueKey: SecretKey) {
        self.catalogueKey = catalogueKey
    }

    /// Seals `record` for the row `id`, whatever bytes name it uniquely within its kind, and its clear columns.
    ///
    /// `associatedData` is an encoding of the columns that has one reading only.
    package func seal(_ record: [UInt8], kind: RecordKind, id: [UInt8], associatedData: [UInt8]) -> [UInt8] {
        seal(
            record, kind: kind, id: id, associatedData: associatedData,
            nonce: SecureRandom.bytes(AEADAlgorithm.nonceByteCount))
    }

    /// Opens a sealed record; fails if a bit of it, the kind, the id or the clear columns differ from what was sealed.
    package func open(
        _ sealed: [UInt8], kind: RecordKind, id: [UInt8], associatedData: [UInt8]
    ) throws(AuthenticationFailure) -> [UInt8] {
        var record: [UInt8] = []
        try open(sealed, kind: kind, id: id, associatedData: associatedData, appendingTo: &record)
        return record
    }

    /// As above, into a buffer that serves many records; on failure it is as before.
    package func open(
        _ sealed: [UInt8], kind: RecordKind, id: [UInt8], associatedData: [UInt8], appendingTo record: inout [UInt8]
    ) throws(AuthenticationFailure) {
        guard sealed.count >= Self.overhead, sealed[0] == Self.format else { throw AuthenticationFailure() }
        record += try AEAD.open(
            Array(sealed[13...]), key: recordKey(kind: kind, id: id), nonce: Array(sealed[1..<13]),
            associatedData: associatedData)
    }

    /// With a nonce of the caller's, which must never be used twice: for golden vectors only.
    package func seal(
        _ record: [UInt8], kind: RecordKind, id: [UInt8], associatedData: [UInt8], nonce: [UInt8]
    ) -> [UInt8] {
        [Self.format] + nonce
            + AEAD.seal(record, key: recordKey(kind: kind, id: id), nonce: nonce, associatedData: associatedData)
    }

    private func recordKey(kind: RecordKind, id: [UInt8]) -> SecretKey {
        HMACSHA256.derivedKey(Self.label + [Self.format, kind.rawValue] + id, key: catalogueKey)
    }

    private static let label = Array("coffer/v1 record".utf8)
    private static let format: UInt8 = 1
}
