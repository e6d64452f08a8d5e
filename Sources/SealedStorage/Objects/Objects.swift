package import Encryption
import KeyManagement
import ObjectStorage
package import S3Protocol

/// The objects of a drive: found, opened, written, listed and deleted.
package struct Objects: Sendable {
    let store: ObjectStore
    let records: SealedRecords
    let keys: ObjectKeys
    let bodies: BodyWriter

    // MARK: Finding

    /// The current version of a key without its body; `nil` when there is none.
    ///
    /// A few microseconds, in place.
    package func find(_ bucket: Bucket, key: ObjectName) throws -> StoredObject? {
        guard let version = try store.version(bucket.id, key: key.rawValue) else { return nil }
        return StoredObject(version: version, record: try records.open(version), inline: nil, lease: nil)
    }

    /// The current version of a key, and what keeps its body until it is read.
    ///
    /// A few microseconds, in place.
    package func findWithBody(_ bucket: Bucket, key: ObjectName) throws -> StoredObject? {
        guard let found = try store.versionWithBody(bucket.id, key: key.rawValue) else { return nil }
        return StoredObject(
            version: found.version, record: try records.open(found.version), inline: found.inline, lease: found.lease)
    }

    /// The parts of a multipart object; milliseconds where it has thousands.
    package func manifest(of object: StoredObject) throws -> PartManifest { try records.manifest(of: object.version) }

    // MARK: Opening

    /// Checks that a customer's key was sent if and only if the object needs one, and that it is the right one.
    ///
    /// - Throws: the three refusals of customer keys.
    package func verify(_ customerKey: CustomerKey?, opens object: StoredObject) throws(SealedStorageError) {
        try keys.verify(customerKey, opens: object.record.encryption)
    }

    /// How the object is encrypted, as its clients are told.
    package func encryption(of object: StoredObject, _ customerKey: CustomerKey?) throws -> AppliedEncryption {
        try keys.applied(object.record.encryption, dataKey: object.columns.dataKey, customerKey: customerKey)
    }

    /// The plaintext of a slice of an object, where neither the key service need be asked for its key nor a long manifest
    /// be opened; else nil.
    package func bodyAtHand(
        of object: StoredObject, _ wanted: Range<Int64>, _ customerKey: CustomerKey?
    ) throws -> ObjectBody? {
        guard object.isManifestShort else { return nil }
        guard let key = try keys.openAtHand(object.key(customerKey)) else { return nil }
        return try body(of: object, wanted, under: key)
    }

    /// The plaintext of a slice of an object, of which nothing has been read yet.
    package func body(
        of object: StoredObject, _ wanted: Range<Int64>, _ customerKey: CustomerKey?
    ) async throws -> ObjectBody {
        let key = try await keys.open(object.key(customerKey))
        if object.isManifestShort { return try body(of: object, wanted, under: key) }
        return try await store.offload { try body(of: object, wanted, under: key) }
    }

    private func body(of object: StoredObject, _ wanted: Range<Int64>, under key: ObjectKey) throws -> ObjectBody {
        ObjectBody(
            store: store, objectKey: key, segments: try segments(of: object, wanted), name: object.columns.key,
            lease: object.lease)
    }

    private func segments(of object: StoredObject, _ wanted: Range<Int64>) throws -> [ObjectBody.Segment] {
        let columns = object.columns
        let whole = StreamIdentity(versionID: object.record.encryption.identity.bytes)
        switch columns.body {
        case .inline:
            guard let inline = object.inline else {
                throw Corruption(what: "data of object \"\(columns.key)\" (missing)")
            }
            return [.init(source: .memory(inline), identity: whole, size: columns.size, wanted: wanted)]
        case .file:
            guard let blob = columns.blob else { throw Corruption(what: "row of object \"\(columns.key)\"") }
            return [.init(source: .blob(blob), identity: whole, size: columns.size, wanted: wanted)]
        case .parts:
            return try manifest(of: object).segments(wanted)
        case .none:
            throw Corruption(what: "row of object \"\(columns.key)\"")
        }
    }

    // MARK: Writing

    /// Writes a new version in the place of the current one; it is durable when this returns.
    ///
    /// What can be refused before the first byte is pulled is refused then. The conditions are decided by the commit.
    /// - Throws: `preconditionFailed`, and `noSuchKey` for a condition on what does not exist; what the source throws, and
    ///   what drive and key service do. Nothing has changed then.
    package func write(
        _ source: some ByteSource, as draft: ObjectDraft, conditions: WritePreconditions
    ) async throws -> WrittenObject {
        try check(conditions, draft)
        let key = try await keys.make(draft.encryption, in: draft.bucket, for: draft.key)
        if draft.encryption.etagIsMD5 { source.computeMD5() }
        let body = try await bodies.write(source, under: key)

        let record = ObjectRecord(
            etag: source.etag, encryption: key.record, attributes: draft.attributes,
            checksum: source.checksum.map { StoredChecksum($0) })
        let columns = VersionColumns(
            bucket: draft.bucket.id, key: draft.key.rawValue, version: VersionID(), order: store.nextOrder(),
            size: source.length, modified: draft.modified, flags: .nullVersion, dataKey: key.dataKeyRow?.id,
            body: body.kind, blob: body.blob)
        try await store.put(
            NewVersion(
                columns: columns, sealed: try records.seal(record, columns), body: body, dataKey: key.dataKeyRow),
            check: atCommit(conditions))
        return WrittenObject(columns: columns, record: record, encryption: key.applied)
    }

    /// Checks the conditions of a write on what is there now, before its body is asked for; the commit checks again.
    func check(_ conditions: WritePreconditions, _ draft: ObjectDraft) throws {
        guard !conditions.isEmpty else { return }
        try check(conditions, try store.version(draft.bucket.id, key: draft.key.rawValue))
    }

    /// The conditions of a write for the committing transaction; `nil` when there are none, which spares it the lookup.
    func atCommit(_ conditions: WritePreconditions) -> (@Sendable (StoredVersion?) throws -> Void)? {
        guard !conditions.isEmpty else { return nil }
        return { current in try check(conditions, current) }
    }

    private func check(_ conditions: WritePreconditions, _ current: StoredVersion?) throws {
        try refuse(conditions.evaluate(current: try current.map { try records.etag(of: $0) }))
    }

    private func refuse(_ outcome: WritePreconditionOutcome) throws(SealedStorageError) {
        switch outcome {
        case .proceed: break
        case .failed: throw .preconditionFailed
        case .noSuchKey: throw .noSuchKey
        }
    }

    // MARK: Deleting

    /// Deletes the current version of a key; a key without one counts as deleted.
    ///
    /// - Throws: `preconditionFailed`.
    package func delete(_ bucket: Bucket, key: ObjectName, conditions: DeletePreconditions) async throws {
        _ = try await store.delete(bucket.id, key: key.rawValue, check: atCommit(conditions))
    }

    /// Deletes the current versions of several keys.
    ///
    /// - Returns: for each in turn what kept it from being deleted, `nil` for those that are gone.
    package func delete(_ bucket: Bucket, _ deletions: [ObjectDeletion]) async throws -> [(any Error)?] {
        _ = try await store.delete(bucket.id, keys: deletions.filter(\.conditions.isEmpty).map(\.key.rawValue))
        var failures: [(any Error)?] = []
        failures.reserveCapacity(deletions.count)
        for deletion in deletions {
            var failure: (any Error)?
            if !deletion.conditions.isEmpty {
                do { try await delete(bucket, key: deletion.key, conditions: deletion.conditions) } catch {
                    failure = error
                }
            }
            failures.append(failure)
        }
        return failures
    }

    /// What a conditional delete asks; an object that is not there fulfils any condition, as it is not deleted.
    private func atCommit(_ conditions: DeletePreconditions) -> (@Sendable (StoredVersion?) throws -> Void)? {
        guard !conditions.isEmpty else { return nil }
        return { current in
            guard let current else { return }
            try refuse(
                conditions.evaluate(
                    etag: try records.etag(of: current), modified: current.columns.modified,
                    size: current.columns.size))
        }
    }
}

extension PartManifest {
    /// The slices of the parts' streams that hold a slice of the whole.
    fileprivate func segments(_ wanted: Range<Int64>) -> [ObjectBody.Segment] {
        var segments: [ObjectBody.Segment] = []
        var start: Int64 = 0
        for part in parts {
            let slice = wanted.clamped(to: start..<start + part.size)
            if !slice.isEmpty {
                segments.append(
                    .init(
                        source: .blob(part.blob),
                        identity: StreamIdentity(versionID: part.blob.bytes, partNumber: part.number),
                        size: part.size, wanted: slice.lowerBound - start..<slice.upperBound - start))
            }
            start += part.size
        }
        return segments
    }
}

extension NewBody {
    fileprivate var kind: BodyKind {
        switch self {
        case .inline: .inline
        case .file: .file
        case .none: .none
        }
    }

    fileprivate var blob: BlobID? {
        switch self {
        case .file(let finished): finished.id
        case .inline, .none: nil
        }
    }
}
