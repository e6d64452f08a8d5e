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
        record.reserveCapacity(max(0, sealed.count - Self.overhead))
        try open(sealed, kind: kind, id: id, associatedData: associatedData, appendingTo: &record)
        return record
    }

    /// As above, into a buffer that serves many records; on failure it is as before.
    package func open(
        _ sealed: [UInt8], kind: RecordKind, id: [UInt8], associatedData: [UInt8], appendingTo record: inout [UInt8]
    ) throws(AuthenticationFailure) {
        guard sealed.count >= Self.overhead, sealed[0] == Self.format else { throw AuthenticationFailure() }
        let tagOffset = sealed.count - AEADAlgorithm.tagByteCount
        let start = record.count
        let cipher = StreamingAEAD(algorithm: .aes256GCM, key: recordKey(kind: kind, id: id), direction: .open)
        record.append(contentsOf: repeatElement(0, count: sealed.count - Self.overhead))
        let isAuthentic = sealed.withUnsafeBytes { sealed in
            associatedData.withUnsafeBytes {
                cipher.begin(nonce: UnsafeRawBufferPointer(rebasing: sealed[Self.nonceRange]), associatedData: $0)
            }
            record.withUnsafeMutableBytes { record in
                cipher.update(
                    UnsafeRawBufferPointer(rebasing: sealed[Self.nonceRange.upperBound..<tagOffset]),
                    into: UnsafeMutableRawBufferPointer(rebasing: record[start...]))
            }
            do {
                try cipher.finishOpening(tag: UnsafeRawBufferPointer(rebasing: sealed[tagOffset...]))
                return true
            } catch {
                return false
            }
        }
        guard isAuthentic else {
            for index in start..<record.count { record[index] = 0 }
            record.removeSubrange(start...)
            throw AuthenticationFailure()
        }
    }

    /// With a nonce of the caller's, which must never be used twice: for golden vectors only.
    package func seal(
        _ record: [UInt8], kind: RecordKind, id: [UInt8], associatedData: [UInt8], nonce: [UInt8]
    ) -> [UInt8] {
        let count = record.count + Self.overhead
        let cipher = StreamingAEAD(algorithm: .aes256GCM, key: recordKey(kind: kind, id: id), direction: .seal)
        cipher.begin(nonce: nonce, associatedData: associatedData)
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let sealed = UnsafeMutableRawBufferPointer(buffer)
            let tagOffset = count - AEADAlgorithm.tagByteCount
            sealed[0] = Self.format
            UnsafeMutableRawBufferPointer(rebasing: sealed[Self.nonceRange]).copyBytes(from: nonce)
            record.withUnsafeBytes {
                cipher.update(
                    $0, into: UnsafeMutableRawBufferPointer(rebasing: sealed[Self.nonceRange.upperBound..<tagOffset]))
            }
            cipher.finishSealing(into: UnsafeMutableRawBufferPointer(rebasing: sealed[tagOffset..<count]))
            initialized = count
        }
    }

    private func recordKey(kind: RecordKind, id: [UInt8]) -> SecretKey {
        var purpose: [UInt8] = []
        purpose.reserveCapacity(Self.label.count + 2 + id.count)
        purpose += Self.label
        purpose.append(Self.format)
        purpose.append(kind.rawValue)
        purpose += id
        return HMACSHA256.derivedKey(purpose, key: catalogueKey)
    }

    private static let label = Array("coffer/v1 record".utf8)
    private static let format: UInt8 = 1
    private static let nonceRange = 1..<(1 + AEADAlgorithm.nonceByteCount)
}
