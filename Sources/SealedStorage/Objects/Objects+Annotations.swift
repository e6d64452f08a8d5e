import Cryptography
import Encryption
package import ObjectStorage
package import S3Protocol

/// Annotations of objects: each sealed as its object is, under a key of its own that the object's data key protects.
///
/// To find, read or list objects costs nothing more for them: see ``ObjectStorage/BucketID/ofAnnotations``.
extension Objects {
    /// Stores an annotation in the place of the one of its name; it is durable when this returns.
    ///
    /// - Parameters:
    ///   - object: looked up with its data key.
    ///   - modified: milliseconds since 1970.
    /// - Throws: `annotationUnderCustomerKey`, `annotationLimitExceeded`; `locked` where it would take the place of one of
    ///   an object that is; `conditionalConflict` when the version is gone or has changed meanwhile; what the source, the drive and the key service do.
    package func putAnnotation(
        _ source: some ByteSource, named name: AnnotationName, of object: StoredObject,
        bypassesGovernance: Bool = false, modified: Int64
    ) async throws -> ObjectRecord {
        let owner = object.columns
        let mayReplace = object.record.attributes.lock.permitsRemoval(
            at: modified, bypassesGovernance: bypassesGovernance)
        guard object.record.encryption.scheme != .sseC else { throw SealedStorageError.annotationUnderCustomerKey }
        let key = try await keys.make(as: object.key(nil), in: owner.bucket.ofAnnotations)
        if key.record.scheme == .sseS3 { source.computeMD5() }
        let sum = source.checksumAlgorithm == nil ? S3ChecksumCalculator(.fallback) : nil
        let body = try await bodies.write(source, under: key, sum)
        do {
            var attributes = ObjectAttributes()
            attributes.annotation = name
            let record = ObjectRecord(
                etag: source.etag, encryption: key.record, attributes: attributes,
                checksum: (source.checksum ?? sum?.finalize()).map { StoredChecksum($0) })
            let order = store.nextOrder()
            let columns = VersionColumns(
                bucket: owner.bucket.ofAnnotations, key: try records.annotationKey(name, of: owner.version),
                version: VersionID(order: order, random: SecureRandom.word()), order: order, size: source.length,
                modified: modified, flags: [], dataKey: key.dataKeyRow?.id, body: body.kind, blob: body.blob)
            let new = NewVersion(
                columns: columns, sealed: try records.seal(record, columns), body: body, dataKey: key.dataKeyRow)
            switch try await store.putAnnotation(new, of: object.version, mayReplace: mayReplace) {
            case .done: return record
            case .present: throw SealedStorageError.locked
            case .ownerChanged: throw SealedStorageError.conditionalConflict
            case .limitExceeded: throw SealedStorageError.annotationLimitExceeded
            }
        } catch {
            if case .file(let blob) = body { store.discard(blob) }
            throw error
        }
    }

    /// An annotation with what keeps its body until it is read; a few microseconds, in place.
    ///
    /// - Throws: `noSuchAnnotation`.
    package func requireAnnotation(_ name: AnnotationName, of object: StoredObject) throws -> StoredObject {
        let owner = object.columns
        let key = try records.annotationKey(name, of: owner.version)
        guard let found = try store.findAtHand(owner.bucket.ofAnnotations, key: key, .body) else {
            throw SealedStorageError.noSuchAnnotation
        }
        let annotation = StoredObject(found, try records.open(found.version))
        guard annotation.record.attributes.annotation == name else {
            throw Corruption(what: "an annotation of object \"\(owner.key)\"")
        }
        return annotation
    }

    /// Removes an annotation; one that is not there counts as removed.
    ///
    /// - Parameter condition: is asked about the object that loses it, before anything has changed.
    /// - Throws: as ``require(_:key:version:)``, what `condition` does, and `locked` for an object that is.
    package func deleteAnnotation(
        _ name: AnnotationName, of key: ObjectName, in bucket: Bucket, version: VersionSelector,
        bypassesGovernance: Bool, at time: Int64, if condition: (StoredObject) throws -> Void
    ) async throws -> StoredObject {
        for _ in 1...Self.greatestAttempts {
            let object = try require(bucket, key: key, version: version)
            try condition(object)
            let lock = object.record.attributes.lock
            guard lock.permitsRemoval(at: time, bypassesGovernance: bypassesGovernance) else {
                throw SealedStorageError.locked
            }
            let annotation = try records.annotationKey(name, of: object.columns.version)
            switch try await store.deleteAnnotation(annotation, of: object.version) {
            case .done, .limitExceeded, .present: return object
            case .ownerChanged: continue
            }
        }
        throw SealedStorageError.conditionalConflict
    }

    /// Every annotation of a version, given to `body` on a thread of the drive's; in no order.
    package func listAnnotations<R: Sendable>(
        of object: StoredObject, _ body: @escaping @Sendable ([ListedAnnotation], [Corruption]) -> R
    ) async throws -> R {
        let rows = try await annotationRows(of: object)
        return try await store.offload {
            var (whole, damaged): ([ListedAnnotation], [Corruption]) = ([], [])
            for row in rows {
                do {
                    let record = try records.open(row)
                    guard let name = record.attributes.annotation else {
                        throw Corruption(what: "an annotation of object \"\(object.columns.key)\"")
                    }
                    whole.append(
                        ListedAnnotation(
                            name: name, modified: row.columns.modified, etag: record.etag,
                            checksumAlgorithm: record.checksum?.algorithm.name, size: row.columns.size))
                } catch let corruption as Corruption {
                    damaged.append(corruption)
                }
            }
            return body(whole, damaged)
        }
    }

    func annotationRows(of object: StoredObject) async throws -> [StoredVersion] {
        let owner = object.columns
        let page = try await store.list(
            ListRequest(
                bucket: owner.bucket.ofAnnotations, prefix: owner.version.annotationPrefix,
                limit: greatestAnnotationCount))
        return page.entries.compactMap { entry in
            switch entry {
            case .version(let version): version
            case .commonPrefix: nil
            }
        }
    }

    /// Whether a version has any annotation; a few microseconds, in place.
    package func hasAnnotations(_ object: StoredObject) throws -> Bool {
        try store.hasAnnotationsAtHand(object.columns)
    }
}
