import Cryptography
import ObjectStorage
package import S3Protocol

/// Where a new version is to stand among those of its key; its record is sealed for that place.
struct VersionPlace: Sendable {
    let version: VersionID
    let order: Int64
    let flags: VersionFlags
    /// What the commit is to find as the key's newest version.
    var expectation: Expectation

    /// - Parameter isNull: whether it is a null version; nil for what the bucket's versioning says of the key.
    init(
        order: Int64, of key: String, _ rule: VersioningRule, expecting expectation: Expectation, isNull: Bool? = nil
    ) {
        version = VersionID(order: order, random: SecureRandom.word())
        self.order = order
        flags = isNull ?? rule.writesNullVersion(of: key) ? .nullVersion : []
        self.expectation = expectation
    }
}

extension Objects {
    /// Writes a new version in the place of the current one; it is durable when this returns.
    ///
    /// What can be refused before the first byte is pulled is refused then. The conditions are decided by the commit.
    /// - Throws: `preconditionFailed`, `conditionalConflict`, and `noSuchKey` for a condition on what does not exist; what
    ///   the source throws, and what drive and key service do. Nothing has changed then.
    package func write(
        _ source: some ByteSource, as draft: ObjectDraft, conditions: WritePreconditions
    ) async throws -> WrittenObject {
        try await write(source, as: draft, conditions: conditions, annotatedAs: nil)
    }

    /// - Parameter original: an object whose annotations the new version is to have; nil for none.
    func write(
        _ source: some ByteSource, as draft: ObjectDraft, conditions: WritePreconditions,
        annotatedAs original: StoredObject?
    ) async throws -> WrittenObject {
        let expectation = try expectation(conditions, draft)
        let key = try await keys.make(draft.encryption, in: draft.bucket, for: draft.key)
        if etags == .md5, draft.encryption.promisesMD5 { source.computeMD5() }
        let sum = source.checksumAlgorithm == nil ? S3ChecksumCalculator(.fallback) : nil
        let body = try await bodies.write(source, under: key, sum)
        var copied: [CopiedAnnotation] = []

        do {
            if let original { copied = try await copyAnnotations(of: original, under: key, in: draft.bucket) }
            // Its retention begins now, not before a long upload.
            let record = ObjectRecord(
                etag: draft.imported?.etag ?? source.etag, encryption: key.record,
                // What is imported has the retention that it had.
                attributes: draft.imported != nil
                    ? draft.attributes : try lockedByDefault(draft.attributes, in: draft.bucket),
                checksum: draft.imported?.checksum ?? (source.checksum ?? sum?.finalize()).map { StoredChecksum($0) })
            let committed = try await commit(
                draft.key.rawValue, in: draft.bucket, conditions, expecting: expectation,
                isNull: draft.imported?.isNull
            ) { [copied] place in
                let columns = VersionColumns(
                    bucket: draft.bucket.id, key: draft.key.rawValue, version: place.version, order: place.order,
                    size: source.length, modified: draft.modified, flags: place.flags, dataKey: key.dataKeyRow?.id,
                    body: body.kind, blob: body.blob)
                let told = try prepare(draft.notice, columns, record)
                var version = NewVersion(
                    columns: columns, sealed: try records.seal(record, columns), body: body, dataKey: key.dataKeyRow,
                    events: told.flatMap(\.rows))
                version.annotations = try await annotations(copied, of: columns)
                version.keepsKind = draft.imported != nil
                return (try await put(version, told, expecting: place.expectation), columns)
            }
            return WrittenObject(committed, record: record, encryption: key.applied)
        } catch {
            discard([body] + copied.map(\.body))
            throw error
        }
    }

    /// What the commit of a version is to tell; nothing without a notice.
    func prepare(
        _ notice: ChangeNotice?, _ columns: VersionColumns, _ record: ObjectRecord
    ) throws -> [PreparedEvent] {
        guard let notice else { return [] }
        return [try events.prepare(notice.event(columns, record), of: notice)]
    }

    func put(
        _ version: NewVersion, _ told: [PreparedEvent], expecting expectation: Expectation
    ) async throws -> PutOutcome {
        try await events.commit(told, isMade: { $0 == .stored }) {
            try await store.put(version, expecting: expectation)
        }
    }

    /// How often one write is tried to be committed when each attempt finds that another writer was faster.
    static let greatestAttempts = 100

    /// How far ahead of the clock an order is taken after so many lost attempts, in the clock's microseconds.
    ///
    /// Who takes long to seal a record would lose to steady overwrites for ever: by the time of its commit the newest
    /// version has a later order than the one it was sealed under. With one ahead it is later than theirs; they go on from
    /// there.
    static func lead(afterAttempts lost: Int) -> Int64 { lost < 3 ? 0 : 1000 << Int64(min(lost - 3, 16)) }

    /// Commits a version: at another place when another writer was faster or the bucket's versioning has changed, and as
    /// long as the conditions hold for what is there by then.
    ///
    /// - Parameter isNull: of a version that stays a null version, or none, whatever the bucket writes; else nil.
    /// - Throws: `conditionalConflict`, or `overtaken` for a write without conditions, when that was so a hundred times.
    func commit(
        _ key: String, in bucket: Bucket, _ conditions: WritePreconditions, expecting first: Expectation,
        isNull: Bool? = nil, _ put: (VersionPlace) async throws -> (PutOutcome, VersionColumns)
    ) async throws -> VersionColumns {
        var rule = bucket.versioningRule
        var place = VersionPlace(order: store.nextOrder(), of: key, rule, expecting: first, isNull: isNull)
        for attempt in 1...Self.greatestAttempts {
            let (outcome, columns) = try await put(place)
            switch outcome {
            case .stored: return columns
            case .changed(let current):
                place.expectation = try self.expectation(conditions, current)
                // As long as the order is later than what is there, the record need not be sealed anew.
                guard let newest = current?.columns.order, newest >= place.order else { continue }
                place = VersionPlace(
                    order: store.nextOrder(after: newest) + Self.lead(afterAttempts: attempt), of: key, rule,
                    expecting: place.expectation, isNull: isNull)
            case .staleOrder(let newest):
                place = VersionPlace(
                    order: store.nextOrder(after: newest) + Self.lead(afterAttempts: attempt), of: key, rule,
                    expecting: place.expectation, isNull: isNull)
            case .versioningChanged(let present):
                guard isNull == nil else { throw SealedStorageError.conditionalConflict }
                rule = present
                place = VersionPlace(order: store.nextOrder(), of: key, rule, expecting: place.expectation)
            }
        }
        if conditions.isEmpty { throw SealedStorageError.overtaken }
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

    func refuse(_ outcome: WritePreconditionOutcome) throws(SealedStorageError) {
        switch outcome {
        case .proceed: break
        case .failed: throw .preconditionFailed
        case .noSuchKey: throw .noSuchKey
        }
    }
}
