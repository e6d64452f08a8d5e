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
        guard let object = try find(bucket, key: key, .row) else { return nil }
        // Only of SSE-KMS is the data key told of; with its version it comes from one snapshot.
        return object.record.encryption.scheme == .sseKMS ? try find(bucket, key: key, .rowAndDataKey) : object
    }

    /// The current version of a key, and what keeps its body until it is read.
    ///
    /// A few microseconds, in place.
    package func findWithBody(_ bucket: Bucket, key: ObjectName) throws -> StoredObject? {
        try find(bucket, key: key, .body)
    }

    private func find(_ bucket: Bucket, key: ObjectName, _ detail: FindDetail) throws -> StoredObject? {
        guard let found = try store.findAtHand(bucket.id, key: key.rawValue, detail) else {
            // What a bucket with a damaged number lacks may be there under the right one.
            if let corruption = bucket.corruption { throw corruption }
            return nil
        }
        // Opened before a flag is believed: damage must not pass for absence.
        let record = try records.open(found.version)
        return found.version.columns.flags.contains(.deleteMarker) ? nil : StoredObject(found, record)
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
        guard object.record.encryption.scheme != .sseKMS || object.dataKey != nil else {
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

    // MARK: Writing

    /// Writes a new version in the place of the current one; it is durable when this returns.
    ///
    /// What can be refused before the first byte is pulled is refused then. The conditions are decided by the commit.
    /// - Throws: `preconditionFailed`, `conditionalConflict`, and `noSuchKey` for a condition on what does not exist; what
    ///   the source throws, and what drive and key service do. Nothing has changed then.
    package func write(
        _ source: some ByteSource, as draft: ObjectDraft, conditions: WritePreconditions
    ) async throws -> WrittenObject {
        let expectation = try expectation(conditions, draft)
        let key = try await keys.make(draft.encryption, in: draft.bucket, for: draft.key)
        if draft.encryption.etagIsMD5 { source.computeMD5() }
        let sum = source.checksumAlgorithm == nil ? S3ChecksumCalculator(.fallback) : nil
        let body = try await bodies.write(source, under: key, sum)

        let record = ObjectRecord(
            etag: source.etag, encryption: key.record, attributes: draft.attributes,
            checksum: (source.checksum ?? sum?.finalize()).map { StoredChecksum($0) })
        do {
            let columns = try await commit(conditions, expecting: expectation) { order, expectation in
                let columns = VersionColumns(
                    bucket: draft.bucket.id, key: draft.key.rawValue, version: VersionID(order: order), order: order,
                    size: source.length, modified: draft.modified, flags: .nullVersion, dataKey: key.dataKeyRow?.id,
                    body: body.kind, blob: body.blob)
                let version = NewVersion(
                    columns: columns, sealed: try records.seal(record, columns), body: body, dataKey: key.dataKeyRow)
                return (try await store.put(version, expecting: expectation), columns)
            }
            return WrittenObject(columns: columns, record: record, encryption: key.applied)
        } catch {
            if case .file(let blob) = body { store.discard(blob) }
            throw error
        }
    }

    /// How often one write is tried to be committed when each attempt finds that another writer was faster.
    private static let greatestAttempts = 100

    /// How far ahead of the clock an order is taken after so many lost attempts, in the clock's microseconds.
    ///
    /// Who takes long to seal a record would lose to steady overwrites for ever: by the time of its commit the newest
    /// version has a later order than the one it was sealed under. With one ahead it is later than theirs; they go on from
    /// there.
    static func lead(afterAttempts lost: Int) -> Int64 { lost < 3 ? 0 : 1000 << Int64(min(lost - 3, 16)) }

    /// Commits a version: with a greater order when another writer was faster, and as long as the conditions hold for what
    /// is there by then.
    ///
    /// - Throws: `conditionalConflict`, or `overloaded` for a write without conditions, when that was so a hundred times.
    func commit(
        _ conditions: WritePreconditions, expecting first: Expectation,
        _ put: (_ order: Int64, _ expectation: Expectation) async throws -> (PutOutcome, VersionColumns)
    ) async throws -> VersionColumns {
        var expectation = first
        var order = store.nextOrder()
        for attempt in 1...Self.greatestAttempts {
            let (outcome, columns) = try await put(order, expectation)
            switch outcome {
            case .stored: return columns
            case .changed(let current):
                expectation = try self.expectation(conditions, current)
                // As long as the order is later than what is there, the record need not be sealed anew.
                guard let newest = current?.columns.order, newest >= order else { continue }
                order = store.nextOrder(after: newest) + Self.lead(afterAttempts: attempt)
            case .staleOrder(let newest):
                order = store.nextOrder(after: newest) + Self.lead(afterAttempts: attempt)
            }
        }
        if conditions.isEmpty { throw StorageError.overloaded }
        throw SealedStorageError.conditionalConflict
    }

    /// Checks the conditions of a write on what is there now, before its body is asked for, and makes of them what the
    /// commit is to find.
    func expectation(_ conditions: WritePreconditions, _ draft: ObjectDraft) throws -> Expectation {
        guard !conditions.isEmpty else { return .none }
        return try expectation(
            conditions, try store.findAtHand(draft.bucket.id, key: draft.key.rawValue, .row)?.version)
    }

    func expectation(_ conditions: WritePreconditions, _ current: StoredVersion?) throws -> Expectation {
        guard !conditions.isEmpty else { return .none }
        // Opened before a flag is believed, as where an object is read.
        let current = try current.flatMap { version in
            guard version.columns.flags.contains(.deleteMarker) else { return version }
            _ = try records.etag(of: version)
            return nil
        }
        try refuse(conditions.evaluate(current: try current.map { try records.etag(of: $0) }))
        return current.map { .current($0.columns.version) } ?? .absent
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
    /// - Throws: `preconditionFailed`, `conditionalConflict`, and `noSuchKey` for a key without one of which a tag is
    ///   expected.
    package func delete(_ bucket: Bucket, key: ObjectName, conditions: DeletePreconditions) async throws {
        let deletion = ObjectDeletion(key: key, conditions: conditions)
        if let failure = try await delete(bucket, [deletion]).first ?? nil { throw failure }
    }

    /// Deletes the current versions of several keys, in one transaction.
    ///
    /// - Returns: for each in turn what kept it from being deleted, `nil` for those that are gone.
    package func delete(_ bucket: Bucket, _ deletions: [ObjectDeletion]) async throws -> [(any Error)?] {
        var failures = [(any Error)?](repeating: nil, count: deletions.count)
        var pending = try await pendingDeletions(bucket, deletions, &failures)
        for _ in 0..<Self.greatestAttempts {
            guard !pending.isEmpty else { return failures }
            let outcomes = try await store.delete(bucket.id, pending.map(\.deletion))
            var again: [PendingDeletion] = []
            for (one, outcome) in zip(pending, outcomes) {
                switch outcome {
                case .removed, .absent, .marked, .staleOrder: break
                case .failed(let error): failures[one.index] = error
                case .changed(let current):
                    do {
                        again.append(
                            try PendingDeletion(
                                one.index, deletions[one.index], expectation(deletions[one.index], current)))
                    } catch { failures[one.index] = error }
                }
            }
            pending = again
        }
        // What was deleted without a condition is gone.
        for one in pending { failures[one.index] = SealedStorageError.conditionalConflict }
        return failures
    }

    private struct PendingDeletion: Sendable {
        let index: Int
        let deletion: Deletion

        init(_ index: Int, _ deletion: ObjectDeletion, _ expectation: Expectation) {
            self.index = index
            self.deletion = Deletion(key: deletion.key.rawValue, .version(.current), expecting: expectation)
        }
    }

    /// Evaluates the conditions on what is there now: on a thread of the drive's if there are any, for there may be a
    /// thousand.
    private func pendingDeletions(
        _ bucket: Bucket, _ deletions: [ObjectDeletion], _ failures: inout [(any Error)?]
    ) async throws -> [PendingDeletion] {
        guard deletions.contains(where: { !$0.conditions.isEmpty }) else {
            return deletions.enumerated().map { PendingDeletion($0.offset, $0.element, .none) }
        }
        let evaluated = try await store.offload {
            deletions.map { deletion in
                Result {
                    guard !deletion.conditions.isEmpty else { return Expectation.none }
                    let found = try store.findAtHand(bucket.id, key: deletion.key.rawValue, .row)
                    return try expectation(deletion, found?.version)
                }
            }
        }
        var pending: [PendingDeletion] = []
        for (index, result) in evaluated.enumerated() {
            switch result {
            case .success(let expectation): pending.append(PendingDeletion(index, deletions[index], expectation))
            case .failure(let error): failures[index] = error
            }
        }
        return pending
    }

    /// What a conditional delete asks; an object that is not there fulfils any condition but that of a tag, as it is not
    /// deleted.
    private func expectation(_ deletion: ObjectDeletion, _ current: StoredVersion?) throws -> Expectation {
        guard let current else {
            guard deletion.conditions.ifMatch == nil else { throw SealedStorageError.noSuchKey }
            return .absent
        }
        try refuse(
            deletion.conditions.evaluate(
                etag: try records.etag(of: current), modified: current.columns.modified, size: current.columns.size))
        return .current(current.columns.version)
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
