package import Encryption
import ObjectStorage
package import S3Protocol

/// Copies.
///
/// Under the same key of the key service a copy moves no data: it refers to the same immutable files, and the object key
/// that they are encrypted with is sealed anew for it. Under another key, or to or from a customer's, everything is encrypted
/// anew: with an object key that two keys open, whoever loses one of them would lose nothing.
extension Objects {
    /// The most bytes of memory that a copy takes, whatever the object's size.
    package static let copyMemory = StoredBytes.memory

    /// Whether the object is encrypted already as a write that was decided so would be.
    package func isEncrypted(_ object: StoredObject, as decision: EncryptionDecision) -> Bool {
        keys.isEncrypted(object.record.encryption, object.dataKey, as: decision)
    }

    /// Writes the bytes of a stored object, looked up with its body, as a new version; it is durable when this returns.
    ///
    /// - Parameters:
    ///   - customerKey: the source's.
    ///   - algorithm: of the checksum that the copy is to have, of all its bytes; `nil` for its source's. Bytes that are not
    ///     encrypted anew are read for it if need be.
    ///   - withAnnotations: whether the copy is to have its source's, in the same commit.
    /// - Throws: as ``write(_:as:conditions:)``, and the refusals of customer keys. Nothing has changed then.
    package func copy(
        _ source: StoredObject, _ customerKey: CustomerKey?, as draft: ObjectDraft,
        checksum algorithm: S3ChecksumAlgorithm?, withAnnotations: Bool, conditions: WritePreconditions
    ) async throws -> WrittenObject {
        if isEncrypted(source, as: draft.encryption) {
            do {
                return try await share(
                    source, customerKey, as: draft, checksum: algorithm, withAnnotations: withAnnotations, conditions)
            } catch StorageError.noSuchBlob {
                // The source is gone meanwhile. Its lease keeps the files until their bytes have been read.
            }
        }
        let body = try await body(of: source, 0..<source.columns.size, customerKey)
        let bytes = StoredBytes(body, algorithm ?? source.record.checksum?.algorithm, store: store)
        return try await write(
            bytes, as: draft, conditions: conditions, annotatedAs: withAnnotations ? source : nil)
    }

    /// - Throws: `noSuchBlob` when the source's files have no version any more.
    private func share(
        _ source: StoredObject, _ customerKey: CustomerKey?, as draft: ObjectDraft,
        checksum algorithm: S3ChecksumAlgorithm?, withAnnotations: Bool, _ conditions: WritePreconditions
    ) async throws -> WrittenObject {
        let expectation = try expectation(conditions, draft)
        let objectKey = try await keys.open(source.key(customerKey))
        let key = try await keys.seal(
            objectKey, of: source.record.encryption.identity, as: draft.encryption, in: draft.bucket, for: draft.key)
        let kept = source.record.checksum
        let isKept = algorithm == nil || (algorithm == kept?.algorithm && kept?.type == .fullObject)
        let checksum = isKept ? kept : try await self.checksum(of: source, algorithm, customerKey)
        let record = ObjectRecord(
            etag: source.record.etag, encryption: key.record,
            attributes: try lockedByDefault(draft.attributes, in: draft.bucket), checksum: checksum,
            partCount: source.record.partCount)
        let shared = try await sharedBody(of: source, keepsChecksums: isKept)

        let copied = withAnnotations ? try await copyAnnotations(of: source, under: key, in: draft.bucket) : []
        do {
            let committed = try await commit(
                draft.key.rawValue, in: draft.bucket, conditions, expecting: expectation
            ) { place in
                let columns = VersionColumns(
                    bucket: draft.bucket.id, key: draft.key.rawValue, version: place.version, order: place.order,
                    size: source.columns.size, modified: draft.modified, flags: place.flags,
                    dataKey: key.dataKeyRow?.id, body: source.columns.body, blob: source.columns.blob)
                var version = try await newVersion(columns, record, shared, dataKey: key.dataKeyRow)
                version.annotations = try await annotations(copied, of: columns)
                let told = try prepare(draft.notice, columns, record)
                version.events = told.flatMap(\.rows)
                return (try await put(version, told, expecting: place.expectation), columns)
            }
            return WrittenObject(committed, record: record, encryption: key.applied)
        } catch {
            discard(copied.map(\.body))
            throw error
        }
    }

    /// The checksum of all bytes of an object, which are read for it.
    private func checksum(
        of object: StoredObject, _ algorithm: S3ChecksumAlgorithm?, _ customerKey: CustomerKey?
    ) async throws -> StoredChecksum? {
        let body = try await body(of: object, 0..<object.columns.size, customerKey)
        let bytes = StoredBytes(body, algorithm, store: store)
        while try await bytes.next() != nil {}
        return bytes.checksum.map { StoredChecksum($0) }
    }

    // MARK: Sharing

    /// What a version's bytes are to a version that is to have them, too.
    enum SharedBody: Sendable {
        /// Small ones are copied.
        case inline([UInt8])
        case file(BlobID)
        case parts(of: VersionColumns, PartManifest)
    }

    /// - Parameter keepsChecksums: whether the parts keep theirs: they are of the object's own algorithm.
    func sharedBody(of source: StoredObject, keepsChecksums: Bool) async throws -> SharedBody {
        let columns = source.columns
        switch columns.body {
        case .inline:
            guard let bytes = source.inline else {
                throw Corruption(what: "data of object \"\(columns.key)\" (missing)")
            }
            return .inline(bytes)
        case .file:
            guard let blob = columns.blob else { throw Corruption(what: "row of object \"\(columns.key)\"") }
            return .file(blob)
        case .parts:
            // There may be ten thousand.
            return try await store.offload {
                var manifest = try manifest(of: source)
                if !keepsChecksums { for index in manifest.parts.indices { manifest.parts[index].checksum = nil } }
                return .parts(of: columns, manifest)
            }
        case .none, .unreadable: throw Corruption(what: "row of object \"\(columns.key)\"")
        }
    }

    /// Seals a version of shared bytes under the order in its columns.
    func newVersion(
        _ columns: VersionColumns, _ record: ObjectRecord, _ shared: SharedBody, dataKey: DataKeyRow?
    ) async throws -> NewVersion {
        let sealed = try records.seal(record, columns)
        switch shared {
        case .inline(let bytes):
            return NewVersion(columns: columns, sealed: sealed, body: .inline(bytes), dataKey: dataKey)
        case .file(let blob):
            return NewVersion(columns: columns, sealed: sealed, body: .sharedFile(blob), dataKey: dataKey)
        case .parts(let source, let manifest):
            let list = try await store.offload { try records.seal(manifest, of: columns.version) }
            return NewVersion(
                columns: columns, sealed: sealed, body: .sharedParts(of: source, manifest: list), dataKey: dataKey)
        }
    }
}
