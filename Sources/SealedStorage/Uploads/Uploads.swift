package import Encryption
package import ObjectStorage
package import S3Protocol

/// A multipart upload with its opened record.
package struct Upload: Sendable {
    let row: UploadRow
    package let record: UploadRecord

    package var id: UploadID { row.id }

    func key(_ customerKey: CustomerKey?) -> StoredObjectKey {
        StoredObjectKey(
            record: record.encryption, bucket: row.bucket, dataKey: row.dataKey, customerKey: customerKey,
            name: row.key)
    }
}

/// A part with its opened record.
package struct UploadedPart: Sendable {
    package let row: PartRow
    package let record: PartRecord
}

/// The multipart uploads of a drive: begun, filled with parts, completed to objects or aborted.
package struct Uploads: Sendable {
    let store: ObjectStore
    let records: SealedRecords
    let keys: ObjectKeys
    let bodies: BodyWriter

    // MARK: Beginning and finding

    /// Begins an upload: everything about the object to come is fixed but its bytes.
    package func begin(
        _ draft: ObjectDraft, checksum: UploadChecksum?
    ) async throws -> (upload: Upload, encryption: AppliedEncryption) {
        let key = try await keys.make(draft.encryption, in: draft.bucket, for: draft.key)
        let record = UploadRecord(encryption: key.record, attributes: draft.attributes, checksum: checksum)
        var row = UploadRow(
            // The object that it becomes is known by its identity, which has the upload's number.
            id: UploadID(key.record.identity), bucket: draft.bucket.id, key: draft.key.rawValue,
            initiated: draft.modified, dataKey: key.dataKeyRow?.id, sealed: [])
        row.sealed = try records.seal(record, row)
        try await store.createUpload(row, dataKey: key.dataKeyRow)
        return (Upload(row: row, record: record), key.applied)
    }

    /// The upload of this number, bucket and key; `nil` when there is none.
    package func find(_ id: String, in bucket: Bucket, key: ObjectName) throws -> Upload? {
        guard let id = UploadID(hex: id), let row = try store.upload(id), row.bucket == bucket.id,
            // To the byte: texts are equal in more ways than one.
            row.key.utf8.elementsEqual(key.rawValue.utf8)
        else { return nil }
        return Upload(row: row, record: try records.open(row))
    }

    /// - Throws: `noSuchUpload` with the number as it was written.
    package func require(_ id: String, in bucket: Bucket, key: ObjectName) throws -> Upload {
        guard let upload = try find(id, in: bucket, key: key) else { throw SealedStorageError.noSuchUpload(id) }
        return upload
    }

    package func verify(_ customerKey: CustomerKey?, opens upload: Upload) throws(SealedStorageError) {
        try keys.verify(customerKey, opens: upload.record.encryption)
    }

    /// How the upload's parts are encrypted, as its clients are told.
    package func encryption(of upload: Upload, _ customerKey: CustomerKey?) throws -> AppliedEncryption {
        try keys.applied(upload.record.encryption, dataKey: upload.row.dataKey, customerKey: customerKey)
    }

    /// Discards an upload with its parts.
    ///
    /// - Throws: `noSuchUpload` when it ended meanwhile.
    package func abort(_ upload: Upload) async throws {
        guard try await store.abortUpload(upload.id) else { throw SealedStorageError.noSuchUpload(upload.id.hex) }
    }

    // MARK: Parts

    /// Writes a part in the place of the one with its number; it is durable when this returns.
    ///
    /// - Parameter modified: milliseconds since 1970.
    package func writePart(
        _ source: some ByteSource, number: Int, of upload: Upload, _ customerKey: CustomerKey?, modified: Int64
    ) async throws -> UploadedPart {
        let key = try await keys.open(upload.key(customerKey))
        if upload.record.encryption.scheme == .sseS3 { source.computeMD5() }
        let blob = try await bodies.write(source, part: UInt32(number), under: key)
        let record = PartRecord(etag: source.etag, checksum: source.checksum)
        var row = PartRow(
            number: number, blob: blob.id, length: blob.length, size: source.length, modified: modified, sealed: [])
        row.sealed = try records.seal(record, row, of: upload.id)
        try await store.putPart(row, of: upload.id)
        return UploadedPart(row: row, record: record)
    }

    /// Parts in the order of their numbers, of numbers greater than `after`.
    package func parts(of upload: Upload, after: Int, limit: Int) async throws -> [UploadedPart] {
        try await store.offload {
            try store.parts(of: upload.id, after: after, limit: limit).map { try open($0, of: upload) }
        }
    }

    /// Gives `choose` the rows of all parts by number, on a thread of the drive's: there may be ten thousand.
    package func choose<R: Sendable>(
        of upload: Upload, _ choose: @escaping @Sendable ([Int: PartRow]) throws -> R
    ) async throws -> R {
        try await store.offload {
            try choose(Dictionary(uniqueKeysWithValues: try store.parts(of: upload.id).map { ($0.number, $0) }))
        }
    }

    package func open(_ row: PartRow, of upload: Upload) throws -> UploadedPart {
        UploadedPart(row: row, record: try records.open(row, of: upload.id))
    }

    // MARK: Completing

    /// Makes an object of parts, which must be the upload's current ones; metadata only.
    ///
    /// - Parameter modified: milliseconds since 1970.
    /// - Throws: as ``Objects/write(_:as:conditions:)``, and `StorageError.partsChanged`.
    package func complete(
        _ upload: Upload, of parts: [UploadedPart], checksum: StoredChecksum?, modified: Int64,
        conditions: WritePreconditions, in objects: Objects
    ) async throws -> WrittenObject {
        let (version, record, manifest) = try await store.offload {
            try seal(upload, parts, checksum, modified: modified)
        }
        try await store.completeUpload(
            upload.id, parts: parts.map { (number: $0.row.number, blob: $0.row.blob) }, version: version,
            manifest: manifest, check: objects.atCommit(conditions))
        return WrittenObject(
            columns: version.columns, record: record,
            encryption: try keys.applied(record.encryption, dataKey: version.columns.dataKey, customerKey: nil))
    }

    private func seal(
        _ upload: Upload, _ parts: [UploadedPart], _ checksum: StoredChecksum?, modified: Int64
    ) throws -> (version: NewVersion, record: ObjectRecord, manifest: [UInt8]) {
        let record = ObjectRecord(
            etag: ETag.multipart(parts: parts.map(\.record.etag)), encryption: upload.record.encryption,
            attributes: upload.record.attributes, checksum: checksum, partCount: parts.count)
        let manifest = PartManifest(
            parts: parts.map {
                .init(
                    number: UInt32($0.row.number), blob: $0.row.blob, size: $0.row.size,
                    checksum: $0.record.checksum?.base64)
            })
        let columns = VersionColumns(
            bucket: upload.row.bucket, key: upload.row.key, version: VersionID(), order: store.nextOrder(),
            size: parts.reduce(0) { $0 + $1.row.size }, modified: modified, flags: .nullVersion,
            dataKey: upload.row.dataKey, body: .parts, blob: nil)
        let version = NewVersion(
            columns: columns, sealed: try records.seal(record, columns), body: .none, dataKey: nil)
        return (version, record, try records.seal(manifest, of: columns.version))
    }
}

extension StoredObject {
    /// Whether this is what the upload of this number became.
    package func isCompleted(_ upload: UploadID) -> Bool {
        columns.body == .parts && record.encryption.identity == ObjectIdentity(upload)
    }
}
