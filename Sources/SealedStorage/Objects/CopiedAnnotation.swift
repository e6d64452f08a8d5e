import Cryptography
import Encryption
import ObjectStorage

/// An annotation of a version's source, encrypted anew for a copy, or as it was for an object under a new key; only its place is
/// still to come.
struct CopiedAnnotation: Sendable {
    let record: ObjectRecord
    let body: NewBody
    /// Bytes of plaintext.
    let size: Int64
    /// Milliseconds since 1970.
    let modified: Int64
    let dataKey: DataKeyRow?
}

/// All annotations of a version with the bytes that they have, for another version of its bucket.
struct SharedAnnotations: Sendable {
    let copied: [CopiedAnnotation]
    /// The rows that they were read from, in the order of their keys.
    let versions: [VersionID]
}

extension Objects {
    /// Bytes of annotations that a copy has in memory; the others are files.
    private static let inlineBytes = 1 << 20

    /// Reads all annotations of a source, and seals them under the data key of the version that is to have them.
    ///
    /// - Throws: `conditionalConflict` when one was changed meanwhile; `annotationUnderCustomerKey`. Nothing is left then.
    func copyAnnotations(
        of source: StoredObject, under key: NewObjectKey, in bucket: Bucket
    ) async throws -> [CopiedAnnotation] {
        guard key.record.scheme != .sseC else { throw SealedStorageError.annotationUnderCustomerKey }
        let owner = StoredObjectKey(
            record: key.record, bucket: bucket.id, dataKey: key.dataKeyRow, customerKey: nil, name: source.columns.key)
        var copied: [CopiedAnnotation] = []
        var inline = 0
        do {
            for row in try await annotationRows(of: source) {
                let annotation = try await copy(row, as: owner, inlineLimit: Self.inlineBytes - inline)
                copied.append(annotation)
                if case .inline(let bytes) = annotation.body { inline += bytes.count }
            }
        } catch {
            discard(copied.map(\.body))
            throw error
        }
        return copied
    }

    private func copy(
        _ row: StoredVersion, as owner: StoredObjectKey, inlineLimit: Int
    ) async throws -> CopiedAnnotation {
        let columns = row.columns
        guard let found = try store.findAtHand(columns.bucket, key: columns.key, .body),
            found.version.columns.version == columns.version
        else { throw SealedStorageError.conditionalConflict }
        let source = StoredObject(found, try records.open(found.version))
        let body = try await body(of: source, 0..<columns.size, nil)
        let bytes = StoredBytes(body, source.record.checksum?.algorithm, store: store)
        let key = try await keys.make(as: owner, in: owner.bucket.ofAnnotations)
        if key.record.scheme == .sseS3 { bytes.computeMD5() }
        let written = try await bodies.write(bytes, under: key, nil, inlineLimit: inlineLimit)
        var attributes = ObjectAttributes()
        attributes.annotation = source.record.attributes.annotation
        let record = ObjectRecord(
            etag: bytes.etag, encryption: key.record, attributes: attributes,
            checksum: bytes.checksum.map { StoredChecksum($0) })
        return CopiedAnnotation(
            record: record, body: written, size: columns.size, modified: columns.modified, dataKey: key.dataKeyRow)
    }

    /// What a version's annotations are to another one of its bucket: neither their bytes nor their keys change.
    ///
    /// - Returns: `nil` when one was changed meanwhile.
    func shareAnnotations(of source: StoredObject) async throws -> SharedAnnotations? {
        guard try hasAnnotations(source) else { return SharedAnnotations(copied: [], versions: []) }
        let rows = try await annotationRows(of: source)
        var copied: [CopiedAnnotation] = []
        var inline = 0
        do {
            for row in rows {
                guard let annotation = try await share(row, inlineLimit: Self.inlineBytes - inline) else {
                    discard(copied.map(\.body))
                    return nil
                }
                copied.append(annotation)
                if case .inline(let bytes) = annotation.body { inline += bytes.count }
            }
        } catch {
            discard(copied.map(\.body))
            throw error
        }
        return SharedAnnotations(copied: copied, versions: rows.map(\.columns.version))
    }

    private func share(_ row: StoredVersion, inlineLimit: Int) async throws -> CopiedAnnotation? {
        let columns = row.columns
        guard let found = try store.findAtHand(columns.bucket, key: columns.key, .body),
            found.version.columns.version == columns.version
        else { return nil }
        let source = StoredObject(found, try records.openOnce(found.version))
        let body: NewBody =
            switch try await sharedBody(of: source, keepsChecksums: true) {
            case .inline(let bytes):
                bytes.count <= inlineLimit ? .inline(bytes) : .file(try await bodies.write(sealed: bytes))
            case .file(let blob): .sharedFile(blob)
            case .parts: throw Corruption(what: "row of object \"\(columns.key)\"")
            }
        return CopiedAnnotation(
            record: source.record, body: body, size: columns.size, modified: columns.modified, dataKey: found.dataKey)
    }

    /// Seals annotations for the place that their version is to have; there may be a thousand.
    func annotations(
        _ copied: [CopiedAnnotation], of version: VersionColumns
    ) async throws -> [NewVersion] {
        guard !copied.isEmpty else { return [] }
        return try await store.offload {
            try copied.map { annotation in
                guard let name = annotation.record.attributes.annotation else {
                    throw Corruption(what: "an annotation of object \"\(version.key)\"")
                }
                let columns = VersionColumns(
                    bucket: version.bucket.ofAnnotations, key: try records.annotationKey(name, of: version.version),
                    version: VersionID(order: version.order, random: SecureRandom.word()), order: version.order,
                    size: annotation.size, modified: annotation.modified, flags: [],
                    dataKey: annotation.dataKey?.id, body: annotation.body.kind, blob: annotation.body.blob)
                return NewVersion(
                    columns: columns, sealed: try records.seal(annotation.record, columns), body: annotation.body,
                    dataKey: annotation.dataKey)
            }
        }
    }

    /// Gives up files that no row refers to.
    func discard(_ bodies: [NewBody]) {
        for case .file(let blob) in bodies { store.discard(blob) }
    }
}
