package import Encryption
package import ObjectStorage
package import S3Protocol

/// A multipart upload with its opened record.
package struct Upload: Sendable {
    let row: UploadRow
    /// The row of the data key that its object key is sealed under.
    let dataKey: DataKeyRow?
    package let record: UploadRecord

    package var id: UploadID { row.id }
    /// Milliseconds since 1970.
    package var initiated: Int64 { row.initiated }

    func key(_ customerKey: CustomerKey?) -> StoredObjectKey {
        StoredObjectKey(
            record: record.encryption, bucket: row.bucket, dataKey: dataKey, customerKey: customerKey,
            name: row.key)
    }
}

/// A part with its opened record.
package struct UploadedPart: Sendable {
    package let row: PartRow
    package let record: PartRecord
}

/// Parts of an upload of which an object is to be made, in its order.
package struct ChosenParts: Sendable {
    package let parts: [UploadedPart]
    let selection: PartSelection

    /// The tag that the object has of them.
    package var etag: ETag { ETag.multipart(parts: parts.map(\.record.etag)) }
}

/// What a completion writes, sealed under the order of its version.
private struct SealedCompletion: Sendable {
    let version: NewVersion
    let manifest: [UInt8]
    let receipt: [UInt8]
}

/// The multipart uploads of a drive: begun, filled with parts, completed to objects or aborted.
package struct Uploads: Sendable {
    let store: ObjectStore
    let records: SealedRecords
    let keys: ObjectKeys
    let bodies: BodyWriter
    let etags: ETagKind

    // MARK: Beginning and finding

    /// Begins an upload: everything about the object to come is fixed but its bytes.
    package func begin(
        _ draft: ObjectDraft, checksum: UploadChecksum?
    ) async throws -> (upload: Upload, encryption: AppliedEncryption) {
        // Its beginning is that of the upload's number: the uploads of a key are listed in the order of their beginnings.
        let identity = ObjectIdentity(VersionID(order: store.nextOrder()))
        let key = try await keys.make(draft.encryption, in: draft.bucket, for: draft.key, identity: identity)
        let record = UploadRecord(encryption: key.record, attributes: draft.attributes, checksum: checksum)
        var row = UploadRow(
            // The object that it becomes is known by its identity, which has the upload's number.
            id: UploadID(key.record.identity), bucket: draft.bucket.id, key: draft.key.rawValue,
            initiated: draft.modified, dataKey: key.dataKeyRow?.id, sealed: [])
        row.sealed = try records.seal(record, row)
        try await store.createUpload(row, dataKey: key.dataKeyRow)
        return (Upload(row: row, dataKey: key.dataKeyRow, record: record), key.applied)
    }

    /// The upload of this number, bucket and key; `nil` when there is none.
    package func find(_ id: String, in bucket: Bucket, key: ObjectName) throws -> Upload? {
        guard let found = try row(id, in: bucket, key: key) else { return nil }
        return Upload(row: found.upload, dataKey: found.dataKey, record: try records.open(found.upload))
    }

    private func row(_ id: String, in bucket: Bucket, key: ObjectName) throws(StorageError) -> FoundUpload? {
        guard let id = UploadID(hex: id), let found = try store.findUploadAtHand(id),
            found.upload.bucket == bucket.id,
            // To the byte: texts are equal in more ways than one.
            found.upload.key.utf8.elementsEqual(key.rawValue.utf8)
        else { return nil }
        return found
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
        keys.applied(upload.record.encryption, dataKey: upload.dataKey, customerKey: customerKey)
    }

    /// Discards the upload of this number, bucket and key, with its parts; its record need not open for that.
    ///
    /// - Throws: `noSuchUpload` with the number as it was written, when there is none or it ended meanwhile.
    package func abort(_ id: String, in bucket: Bucket, key: ObjectName) async throws {
        guard let found = try row(id, in: bucket, key: key), try await store.abortUpload(found.upload.id) else {
            throw SealedStorageError.noSuchUpload(id)
        }
    }

    // MARK: Parts

    /// Writes a part in the place of the one with its number; it is durable when this returns.
    ///
    /// - Parameter modified: milliseconds since 1970.
    package func writePart(
        _ source: some ByteSource, number: Int, of upload: Upload, _ customerKey: CustomerKey?, modified: Int64
    ) async throws -> UploadedPart {
        let key = try await keys.open(upload.key(customerKey))
        if etags == .md5, upload.record.encryption.scheme == .sseS3 { source.computeMD5() }
        // Of the object's checksum the part's is a piece, whatever the client sends to verify the part.
        let algorithm = upload.record.checksum?.algorithm ?? .fallback
        let sum = source.checksumAlgorithm == algorithm ? nil : S3ChecksumCalculator(algorithm)
        let blob = try await bodies.write(source, part: UInt32(number), under: key, sum)
        let record = PartRecord(etag: source.etag, sent: source.checksum, computed: sum?.finalize())
        var row = PartRow(
            number: number, blob: blob.id, length: blob.length, size: source.length, modified: modified, sealed: [])
        row.sealed = try records.seal(record, row, of: upload.id)
        try await store.putPart(row, of: upload.id)
        return UploadedPart(row: row, record: record)
    }

    /// Up to `limit` parts in the order of their numbers, of numbers greater than `after`.
    ///
    /// - Returns: those that are whole, and what is wrong with those between: a part of that number can be written again.
    package func parts(
        of upload: Upload, after: Int, limit: Int
    ) async throws -> (whole: [UploadedPart], damaged: [Corruption]) {
        var (whole, damaged): ([UploadedPart], [Corruption]) = ([], [])
        var last = after
        while whole.count < limit {
            let wanted = limit - whole.count
            let rows = try await store.parts(of: upload.id, after: last, limit: wanted)
            let opened = try await store.offload { try rows.map { row in try openOrReport(row, of: upload) } }
            for part in opened {
                switch part {
                case .success(let part): whole.append(part)
                case .failure(let corruption): damaged.append(corruption)
                }
            }
            guard rows.count == wanted, let end = rows.last else { break }
            last = end.number
        }
        return (whole, damaged)
    }

    private func openOrReport(_ row: PartRow, of upload: Upload) throws -> Result<UploadedPart, Corruption> {
        do {
            return .success(try open(row, of: upload))
        } catch let corruption as Corruption {
            return .failure(corruption)
        }
    }

    /// Gives `choose` the rows of all parts by number, on a thread of the drive's: there may be ten thousand.
    ///
    /// - Returns: the parts that it has chosen, for ``complete(_:in:of:checksum:modified:conditions:by:)``, and what else it
    ///   has made of them.
    package func choose<R: Sendable>(
        of upload: Upload, _ choose: @escaping @Sendable ([Int: PartRow]) throws -> (parts: [UploadedPart], R)
    ) async throws -> (chosen: ChosenParts, R) {
        let list = try await store.partList(of: upload.id)
        return try await store.offload {
            let (parts, result) = try choose(
                Dictionary(list.rows.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first }))
            let selection = try list.selecting(parts.lazy.map { (number: $0.row.number, blob: $0.row.blob) })
            return (ChosenParts(parts: parts, selection: selection), result)
        }
    }

    package func open(_ row: PartRow, of upload: Upload) throws -> UploadedPart {
        UploadedPart(row: row, record: try records.open(row, of: upload.id))
    }

    // MARK: Completing

    /// Makes an object of parts, which must be the upload's current ones; metadata only.
    ///
    /// - Parameter modified: milliseconds since 1970.
    /// - Throws: as ``Objects/write(_:as:conditions:)``, and `StorageError.partsChanged` when a part was written since these
    ///   were chosen.
    package func complete(
        _ upload: Upload, in bucket: Bucket, of chosen: ChosenParts, checksum: StoredChecksum?, modified: Int64,
        conditions: WritePreconditions, notice: ChangeNotice? = nil, imported: ImportedVersion? = nil,
        by objects: Objects
    ) async throws -> WrittenObject {
        let parts = chosen.parts
        // Of ten thousand parts: not on an event loop.
        let record = try await store.offload {
            ObjectRecord(
                etag: imported?.etag ?? chosen.etag, encryption: upload.record.encryption,
                attributes: imported != nil
                    ? upload.record.attributes : try objects.lockedByDefault(upload.record.attributes, in: bucket),
                checksum: checksum,
                partCount: parts.count)
        }
        let current = conditions.isEmpty ? nil : try store.findAtHand(upload.row.bucket, key: upload.row.key, .row)
        var last: SealedCompletion?
        let committed = try await objects.commit(
            upload.row.key, in: bucket, conditions, expecting: objects.expectation(conditions, current?.version),
            isNull: imported?.isNull
        ) { place in
            // Ten thousand parts take a while to seal: only for another place is it done again.
            let sealed =
                if let last, last.version.columns.version == place.version {
                    last
                } else {
                    try await store.offload { try seal(upload, parts, record, at: place, modified: modified) }
                }
            last = sealed
            var version = sealed.version
            version.keepsKind = imported != nil
            let told = try objects.prepare(notice, version.columns, record)
            version.events = told.flatMap(\.rows)
            let outcome = try await objects.events.commit(told, isMade: { $0 == .stored }) {
                try await store.completeUpload(
                    upload.id, parts: chosen.selection, version: version, manifest: sealed.manifest,
                    receipt: sealed.receipt, expecting: place.expectation)
            }
            return (outcome, sealed.version.columns)
        }
        return WrittenObject(
            committed, record: record,
            encryption: keys.applied(record.encryption, dataKey: upload.dataKey, customerKey: nil))
    }

    private func seal(
        _ upload: Upload, _ parts: [UploadedPart], _ record: ObjectRecord, at place: VersionPlace, modified: Int64
    ) throws -> SealedCompletion {
        let manifest = PartManifest(
            parts: parts.map {
                .init(
                    number: UInt32($0.row.number), blob: $0.row.blob, size: $0.row.size,
                    checksum: record.checksum.flatMap { [part = $0.record] in part.checksum(of: $0.algorithm)?.base64 })
            })
        let columns = VersionColumns(
            bucket: upload.row.bucket, key: upload.row.key, version: place.version, order: place.order,
            size: parts.reduce(0) { $0 + $1.row.size }, modified: modified, flags: place.flags,
            dataKey: upload.row.dataKey, body: .parts, blob: nil)
        let version = NewVersion(
            columns: columns, sealed: try records.seal(record, columns), body: .none, dataKey: nil)
        return SealedCompletion(
            version: version, manifest: try records.seal(manifest, of: columns.version),
            receipt: try records.sealReceipt(
                record, of: upload.id, version: columns.version, isNull: columns.flags.contains(.nullVersion)))
    }

    /// The record of the object that an upload of this number, bucket and key was completed to within the last day,
    /// whatever has become of the object; `nil` when there is none.
    package func completed(_ id: String, in bucket: Bucket, key: ObjectName) async throws -> CompletedObject? {
        guard let id = UploadID(hex: id), let completed = try await store.completedUpload(id),
            completed.bucket == bucket.id, completed.key.utf8.elementsEqual(key.rawValue.utf8)
        else { return nil }
        let (record, isNull) = try records.openReceipt(of: completed)
        return CompletedObject(
            record: record,
            newVersionID: isNull ? nil : completed.version.hex,
            bucket: completed.bucket, key: completed.key, version: completed.version)
    }

    package func verify(_ customerKey: CustomerKey?, opens object: CompletedObject) throws(SealedStorageError) {
        try keys.verify(customerKey, opens: object.record.encryption)
    }

    /// How the object was encrypted; without the name of the key service's key where the object is gone.
    package func encryption(of object: CompletedObject) throws -> AppliedEncryption {
        let found = try store.findAtHand(
            object.bucket, key: object.key, version: .id(object.version), .rowAndDataKey)
        return keys.applied(object.record.encryption, dataKey: found?.dataKey, customerKey: nil)
    }
}

/// What an upload was completed to.
package struct CompletedObject: Sendable {
    package let record: ObjectRecord
    /// As ``WrittenObject/newVersionID``.
    package let newVersionID: String?
    let bucket: BucketID
    let key: String
    let version: VersionID
}
