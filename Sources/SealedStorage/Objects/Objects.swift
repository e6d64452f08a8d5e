package import Encryption
import KeyManagement
package import ObjectStorage
package import S3Protocol

/// The objects of a drive: found, opened, written, listed and deleted.
package struct Objects: Sendable {
    let store: ObjectStore
    let records: SealedRecords
    let keys: ObjectKeys
    let bodies: BodyWriter
    let events: EventQueue
    let etags: ETagKind

    // MARK: DriveFinding

    /// A version of a key without its body; `nil` when there is none, or a delete marker.
    ///
    /// A few microseconds, in place.
    package func find(
        _ bucket: Bucket, key: ObjectName, version: VersionSelector = .current
    ) throws -> StoredObject? {
        try lookUpForHead(bucket, key, version).object
    }

    /// A version of a key, and what keeps its body until it is read.
    ///
    /// A few microseconds, in place.
    package func findWithBody(
        _ bucket: Bucket, key: ObjectName, version: VersionSelector = .current
    ) throws -> StoredObject? {
        try lookUp(bucket, key, version, .body).object
    }

    /// As ``find(_:key:version:)``.
    ///
    /// - Throws: `noSuchKey`, `noSuchVersion` or `deleteMarker`.
    package func require(
        _ bucket: Bucket, key: ObjectName, version: VersionSelector = .current
    ) throws -> StoredObject {
        try lookUpForHead(bucket, key, version).required(version)
    }

    /// As ``findWithBody(_:key:version:)``.
    ///
    /// - Throws: as ``require(_:key:version:)``.
    package func requireWithBody(
        _ bucket: Bucket, key: ObjectName, version: VersionSelector = .current
    ) throws -> StoredObject {
        try lookUp(bucket, key, version, .body).required(version)
    }

    private enum LookUp {
        case object(StoredObject)
        case deleteMarker(StoredVersion)
        case nothing

        var object: StoredObject? {
            switch self {
            case .object(let object): object
            case .deleteMarker, .nothing: nil
            }
        }

        func required(_ version: VersionSelector) throws(SealedStorageError) -> StoredObject {
            switch self {
            case .object(let object): return object
            case .deleteMarker(let marker):
                throw .deleteMarker(
                    FoundDeleteMarker(
                        versionID: marker.columns.clientID, modified: marker.columns.modified,
                        isNamed: version != .current))
            case .nothing: throw version == .current ? .noSuchKey : .noSuchVersion
            }
        }
    }

    private func lookUpForHead(
        _ bucket: Bucket, _ key: ObjectName, _ version: VersionSelector
    ) throws -> LookUp {
        let found = try lookUp(bucket, key, version, .row)
        // Only of SSE-KMS and DSSE-KMS is the data key told of; with its version it comes from one snapshot.
        guard case .object(let object) = found, object.record.encryption.scheme.namesKey else { return found }
        return try lookUp(bucket, key, version, .rowAndDataKey)
    }

    private func lookUp(
        _ bucket: Bucket, _ key: ObjectName, _ version: VersionSelector, _ detail: FindDetail
    ) throws -> LookUp {
        guard let found = try store.findAtHand(bucket.id, key: key.rawValue, version: version, detail) else {
            // What a bucket with a damaged number lacks may be there under the right one.
            if let corruption = bucket.corruption { throw corruption }
            return .nothing
        }
        let flags = found.version.columns.flags
        // Clients know the null version by no other name.
        if case .id = version, flags.contains(.nullVersion) { return .nothing }
        // Opened before a flag is believed: damage must not pass for absence.
        guard !flags.contains(.deleteMarker) else {
            _ = try records.etag(of: found.version)
            return .deleteMarker(found.version)
        }
        return .object(StoredObject(found, try records.open(found.version)))
    }

    /// The parts of a multipart object; milliseconds where it has thousands.
    ///
    /// - Throws: `noSuchKey` when the look-up was not for the body, and the object is gone meanwhile.
    package func manifest(of object: StoredObject) throws -> PartManifest {
        if let manifest = object.manifest { return try records.open(manifest, of: object.version) }
        let columns = object.columns
        guard let found = try store.findAtHand(columns.bucket, key: columns.key, version: .id(columns.version), .body)
        else { throw SealedStorageError.noSuchKey }
        guard let manifest = found.manifest else {
            throw Corruption(what: "part manifest of object \"\(columns.key)\"")
        }
        return try records.open(manifest, of: found.version)
    }

    // MARK: Opening

    /// Checks that a customer's key was sent if and only if the object needs one, and that it is the right one.
    ///
    /// - Throws: the three refusals of customer keys.
    package func verify(_ customerKey: CustomerKey?, opens object: StoredObject) throws(SealedStorageError) {
        try keys.verify(customerKey, opens: object.record.encryption)
    }

    /// How the object is encrypted, as its clients are told.
    package func encryption(of object: StoredObject, _ customerKey: CustomerKey?) throws -> AppliedEncryption {
        guard !object.record.encryption.scheme.namesKey || object.dataKey != nil else {
            throw Corruption(what: "data key of object \"\(object.columns.key)\"")
        }
        return keys.applied(object.record.encryption, dataKey: object.dataKey, customerKey: customerKey)
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
        case .none, .unreadable:
            throw Corruption(what: "row of object \"\(columns.key)\"")
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
