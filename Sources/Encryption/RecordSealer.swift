package import Cryptography

/// What a sealed record is, and as what alone it opens; the raw value is part of the format.
package enum RecordKind: UInt8, Sendable, CaseIterable {
    case object = 1
    case bucket = 2
    case upload = 3
    case part = 4
    case manifest = 5
    case setting = 6
    case event = 7
    case account = 8
    case history = 9
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
        id.withUnsafeBytes { id in
            associatedData.withUnsafeBytes { seal(record, kind: kind, id: id, associatedData: $0) }
        }
    }

    /// As above, with id and columns from places in memory.
    package func seal(
        _ record: [UInt8], kind: RecordKind, id: UnsafeRawBufferPointer, associatedData: UnsafeRawBufferPointer
    ) -> [UInt8] {
        seal(record, kind: kind, id: id, associatedData: associatedData, fillingNonce: SecureRandom.fill)
    }

    /// Opens a sealed record; fails if a bit of it, the kind, the id or the clear columns differ from what was sealed.
    package func open(
        _ sealed: [UInt8], kind: RecordKind, id: [UInt8], associatedData: [UInt8]
    ) throws(AuthenticationFailure) -> [UInt8] {
        var record: [UInt8] = []
        let isAuthentic = id.withUnsafeBytes { id in
            associatedData.withUnsafeBytes {
                open(sealed, kind: kind, id: id, associatedData: $0, appendingTo: &record)
            }
        }
        guard isAuthentic else { throw AuthenticationFailure() }
        return record
    }

    /// As above, with id and columns from places in memory, into a buffer that may serve many records; false, and the
    /// buffer as before, if it does not open.
    package func open(
        _ sealed: [UInt8], kind: RecordKind, id: UnsafeRawBufferPointer, associatedData: UnsafeRawBufferPointer,
        appendingTo record: inout [UInt8]
    ) -> Bool {
        withRecordKey(kind: kind, id: id) { key in
            Self.open(sealed, key: key, associatedData: associatedData, appendingTo: &record)
        }
    }

    /// Lends the keys of several records of one kind to `body`, and takes them away again.
    ///
    /// Deriving a key and opening a record is more code than the processor's cache for instructions holds: done in turns for
    /// each record, it is fetched anew every time.
    /// - Parameter ids: one behind the other, of one length.
    package func withRecordKeys<R>(
        kind: RecordKind, ids: [UInt8], count: Int, _ body: (RecordKeys) -> R
    ) -> R {
        precondition(count > 0 && ids.count % count == 0, "ids of one length")
        let size = ids.count / count
        return withUnsafeTemporaryAllocation(byteCount: count * SecretKey.byteCount, alignment: 16) { keys in
            defer { wipe(keys) }
            ids.withUnsafeBytes { ids in
                for position in 0..<count {
                    derive(
                        kind, UnsafeRawBufferPointer(rebasing: ids[position * size..<(position + 1) * size]),
                        into: UnsafeMutableRawBufferPointer(rebasing: keys[RecordKeys.range(position)]))
                }
            }
            return body(RecordKeys(keys: UnsafeRawBufferPointer(keys)))
        }
    }

    fileprivate static func open(
        _ sealed: [UInt8], key: UnsafeRawBufferPointer, associatedData: UnsafeRawBufferPointer,
        appendingTo record: inout [UInt8]
    ) -> Bool {
        guard sealed.count >= overhead, sealed[0] == format else { return false }
        let start = record.count
        // In place of as many zeros, which are appended one by one: it is written over, or taken away again.
        record.append(contentsOf: sealed[overhead...])
        let isAuthentic = sealed.withUnsafeBytes { sealed in
            record.withUnsafeMutableBytes { record in
                AEAD.open(
                    UnsafeRawBufferPointer(rebasing: sealed[nonceRange.upperBound...]), key: key,
                    nonce: UnsafeRawBufferPointer(rebasing: sealed[nonceRange]), associatedData: associatedData,
                    algorithm: .aes256GCM, into: UnsafeMutableRawBufferPointer(rebasing: record[start...]))
            }
        }
        if !isAuthentic { record.removeSubrange(start...) }
        return isAuthentic
    }

    /// What stands on the drive for a name that is not to be read there: 32 bytes, HMAC-SHA256(catalogue key,
    /// "coffer/v1 name" ‖ scope ‖ name).
    ///
    /// - Parameter scope: 16 bytes; the same name has another code in each.
    package func code(ofName name: String, in scope: [UInt8]) -> [UInt8] {
        precondition(scope.count == StreamIdentity.versionIDSize, "a scope has 16 bytes")
        return HMACSHA256.code(Array("coffer/v1 name".utf8) + scope + name.utf8, key: catalogueKey)
    }

    /// The key of the outer layer of an object that is encrypted twice (DSSE-KMS).
    ///
    /// Derived and nowhere stored: HMAC-SHA256(catalogue key, "coffer/v1 outer object key" ‖ identity). It has nothing in
    /// common with the data key that the inner layer's is sealed under.
    /// - Parameter identity: the 16 random bytes that the object's streams are bound to.
    package func outerObjectKey(identity: [UInt8]) -> ObjectKey {
        ObjectKey(
            SecretKey { output in
                (Array("coffer/v1 outer object key".utf8) + identity).withUnsafeBytes {
                    HMACSHA256.code($0, key: catalogueKey, into: output)
                }
            })
    }

    /// What authenticates the history of the drive's commits: HMAC-SHA256(catalogue key, "coffer/v1 history").
    package func historyKey() -> SecretKey {
        SecretKey { output in
            Array("coffer/v1 history".utf8).withUnsafeBytes { HMACSHA256.code($0, key: catalogueKey, into: output) }
        }
    }

    /// With a nonce of the caller's, which must never be used twice: for golden vectors only.
    package func seal(
        _ record: [UInt8], kind: RecordKind, id: [UInt8], associatedData: [UInt8], nonce: [UInt8]
    ) -> [UInt8] {
        id.withUnsafeBytes { id in
            associatedData.withUnsafeBytes { associatedData in
                seal(record, kind: kind, id: id, associatedData: associatedData) { $0.copyBytes(from: nonce) }
            }
        }
    }

    private func seal(
        _ record: [UInt8], kind: RecordKind, id: UnsafeRawBufferPointer, associatedData: UnsafeRawBufferPointer,
        fillingNonce fill: (UnsafeMutableRawBufferPointer) -> Void
    ) -> [UInt8] {
        var sealed: [UInt8] = []
        sealed.append(contentsOf: repeatElement(0, count: record.count + Self.overhead))
        sealed.withUnsafeMutableBytes { sealed in
            sealed[0] = Self.format
            let nonce = UnsafeMutableRawBufferPointer(rebasing: sealed[Self.nonceRange])
            fill(nonce)
            withRecordKey(kind: kind, id: id) { key in
                record.withUnsafeBytes { record in
                    AEAD.seal(
                        record, key: key, nonce: UnsafeRawBufferPointer(nonce), associatedData: associatedData,
                        algorithm: .aes256GCM,
                        into: UnsafeMutableRawBufferPointer(rebasing: sealed[Self.nonceRange.upperBound...]))
                }
            }
        }
        return sealed
    }

    /// Lends the key of one record, which exists on the stack for as long as `body` runs.
    private func withRecordKey<R>(
        kind: RecordKind, id: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> R
    ) -> R {
        withUnsafeTemporaryAllocation(byteCount: SecretKey.byteCount, alignment: 16) { key in
            defer { wipe(key) }
            derive(kind, id, into: key)
            return body(UnsafeRawBufferPointer(key))
        }
    }

    private func derive(_ kind: RecordKind, _ id: UnsafeRawBufferPointer, into key: UnsafeMutableRawBufferPointer) {
        let labelCount = Self.label.utf8CodeUnitCount
        withUnsafeTemporaryAllocation(byteCount: labelCount + 2 + id.count, alignment: 16) { purpose in
            purpose.copyMemory(from: UnsafeRawBufferPointer(start: Self.label.utf8Start, count: labelCount))
            purpose[labelCount] = Self.format
            purpose[labelCount + 1] = kind.rawValue
            UnsafeMutableRawBufferPointer(rebasing: purpose[(labelCount + 2)...]).copyMemory(from: id)
            HMACSHA256.code(UnsafeRawBufferPointer(purpose), key: catalogueKey, into: key)
        }
    }

    private static let label: StaticString = "coffer/v1 record"
    private static let format: UInt8 = 1
    private static let nonceRange = 1..<(1 + AEADAlgorithm.nonceByteCount)
}

/// Keys of records, as long as they are lent.
package struct RecordKeys {
    fileprivate let keys: UnsafeRawBufferPointer

    /// Opens a record as ``RecordSealer/open(_:kind:id:associatedData:appendingTo:)`` does, under the key of the id at
    /// `position`.
    package func open(
        _ sealed: [UInt8], at position: Int, associatedData: UnsafeRawBufferPointer, appendingTo record: inout [UInt8]
    ) -> Bool {
        RecordSealer.open(
            sealed, key: UnsafeRawBufferPointer(rebasing: keys[Self.range(position)]), associatedData: associatedData,
            appendingTo: &record)
    }

    fileprivate static func range(_ position: Int) -> Range<Int> {
        position * SecretKey.byteCount..<(position + 1) * SecretKey.byteCount
    }
}
