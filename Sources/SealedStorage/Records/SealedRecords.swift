package import Cryptography
import Encryption
package import KeyManagement
package import ObjectStorage
import S3Protocol
import Threading

/// Opens and seals the records that the catalogue holds.
///
/// Each is bound to its kind, its row's id and its row's clear columns. Until the key service has opened the catalogue
/// key, whatever needs a record fails with what keeps the key service from that; what needs only clear columns goes on.
package final class SealedRecords: Sendable {
    let store: ObjectStore
    private let state = ShortLock(State.locked(.unavailable("it has not opened the drive's catalogue key yet")))
    private let records = OpenedRecords()

    private enum State {
        case locked(KeyServiceError)
        case open(RecordSealer)
    }

    /// Records that are locked until ``unlock(with:)``.
    package init(store: ObjectStore) {
        self.store = store
    }

    /// Gives it the catalogue key, with which the drive's history is opened too; the first one given stays.
    ///
    /// Blocks until the committer has come to it.
    ///
    /// - Throws: `StorageError.rolledBack`, and stays locked, when the drive was put back to an older state.
    @discardableResult
    package func unlock(
        with catalogueKey: SecretKey, history options: HistoryOptions = HistoryOptions()
    ) throws -> HistoryOutcome {
        guard isLocked else { return HistoryOutcome() }
        let sealer = RecordSealer(catalogueKey: catalogueKey)
        let outcome = try openHistory(sealer, options)
        state.withLock { $0 = .open(sealer) }
        return outcome
    }

    /// Takes note of why it cannot be unlocked for now.
    package func stayLocked(by obstacle: KeyServiceError) {
        state.withLock { if case .locked = $0 { $0 = .locked(obstacle) } }
    }

    package var isLocked: Bool { obstacle != nil }

    /// - Throws: what keeps the key service from unlocking them.
    package func requireUnlocked() throws(KeyServiceError) { _ = try sealer }

    /// Why it is locked, `nil` when it is not.
    var obstacle: KeyServiceError? {
        switch state.withLock({ $0 }) {
        case .locked(let obstacle): obstacle
        case .open: nil
        }
    }

    var sealer: RecordSealer {
        get throws(KeyServiceError) {
            switch state.withLock({ $0 }) {
            case .locked(let obstacle): throw obstacle
            case .open(let sealer): return sealer
            }
        }
    }

    /// The key of the outer layer of an object that is encrypted twice.
    func outerObjectKey(of identity: ObjectIdentity) throws(KeyServiceError) -> ObjectKey {
        try sealer.outerObjectKey(identity: identity.bytes)
    }

    /// The key of an annotation's row: which version it belongs to, and a code in the place of its name.
    func annotationKey(_ name: AnnotationName, of version: VersionID) throws(KeyServiceError) -> String {
        version.annotationPrefix + Hex.encode(try sealer.code(ofName: name.rawValue, in: version.bytes))
    }

    // MARK: Object versions

    func seal(_ record: ObjectRecord, _ columns: VersionColumns) throws(KeyServiceError) -> [UInt8] {
        try seal(record.encoded(), columns)
    }

    private func seal(_ plaintext: [UInt8], _ columns: VersionColumns) throws(KeyServiceError) -> [UInt8] {
        let sealer = try sealer
        var sealed: [UInt8] = []
        columns.withAssociatedData { associatedData in
            columns.version.withBytes { id in
                sealed = sealer.seal(plaintext, kind: .object, id: id, associatedData: associatedData)
            }
        }
        return sealed
    }

    func open(_ version: StoredVersion) throws -> ObjectRecord {
        if !store.isDistrusted(version.sealed), let record = records[version] { return record }
        let plaintext = try openBytes(version)
        guard let record = try? ObjectRecord(decoding: plaintext, version: version.columns.version) else {
            throw Self.corruption(of: version)
        }
        records.keep(record, of: version)
        return record
    }

    /// The record of a version that is not looked for soon again: what is kept for requests stays as it is.
    func openOnce(_ version: StoredVersion) throws -> ObjectRecord {
        let plaintext = try openBytes(version)
        guard let record = try? ObjectRecord(decoding: plaintext, version: version.columns.version) else {
            throw Self.corruption(of: version)
        }
        return record
    }

    /// The records as a page of a listing opens them, one after another.
    func forListing() throws(KeyServiceError) -> ListedRecords { ListedRecords(sealer: try sealer) }

    /// The ETag alone: what a precondition needs.
    func etag(of version: StoredVersion) throws -> ETag {
        let plaintext = try openBytes(version)
        do { return try ObjectRecord.etag(of: plaintext) } catch { throw Self.corruption(of: version) }
    }

    /// The record of a version with other tags, sealed anew for the same row.
    func retagged(_ version: StoredVersion, _ tags: ObjectTags) throws -> [UInt8] {
        let plaintext = try openBytes(version)
        guard let record = try? ObjectRecord.retagged(plaintext, tags) else { throw Self.corruption(of: version) }
        return try seal(record, version.columns)
    }

    private func openBytes(_ version: StoredVersion) throws -> [UInt8] {
        var plaintext: [UInt8] = []
        guard !store.isDistrusted(version.sealed), try sealer.open(version, appendingTo: &plaintext) else {
            throw Self.corruption(of: version)
        }
        return plaintext
    }

    /// Where a version was imported from, nil for nowhere; of a delete marker too.
    func origin(of version: StoredVersion) throws -> String? {
        let plaintext = try openBytes(version)
        do { return try ObjectRecord.origin(of: plaintext) } catch { throw Self.corruption(of: version) }
    }

    /// The record of an imported delete marker.
    func sealMarker(_ columns: VersionColumns, from origin: String) throws(KeyServiceError) -> [UInt8] {
        try seal(ObjectRecord.ofDeleteMarker(from: origin), columns)
    }

    static func corruption(of version: StoredVersion) -> Corruption {
        Corruption(what: "record of object \"\(version.columns.key)\" (bucket id \(version.columns.bucket.rawValue))")
    }

    // MARK: Multipart

    func seal(_ manifest: PartManifest, of version: VersionID) throws(KeyServiceError) -> [UInt8] {
        try sealer.seal(manifest.encoded(), kind: .manifest, id: version.bytes, associatedData: [])
    }

    /// The manifest of a multipart object, which must add up to the size in the version's row.
    func open(_ sealed: [UInt8], of version: StoredVersion) throws -> PartManifest {
        let corruption = Corruption(what: "part manifest of object \"\(version.columns.key)\"")
        let sealer = try sealer
        do {
            let bytes = try sealer.open(
                sealed, kind: .manifest, id: version.columns.version.bytes, associatedData: [])
            let manifest = try PartManifest(decoding: bytes)
            guard manifest.parts.reduce(0, { $0 + $1.size }) == version.columns.size else { throw corruption }
            return manifest
        } catch {
            throw corruption
        }
    }

    /// What is kept of a completed upload, to answer the request that completed it again: the record of its object.
    ///
    /// - Parameter isNull: whether the object was a null version.
    func sealReceipt(
        _ record: ObjectRecord, of upload: UploadID, version: VersionID, isNull: Bool
    ) throws(KeyServiceError) -> [UInt8] {
        try sealer.seal(
            record.encoded(), kind: .object, id: version.bytes,
            associatedData: Self.associatedData(ofReceipt: upload, isNull: isNull))
    }

    func openReceipt(of completed: CompletedUpload) throws -> (record: ObjectRecord, isNull: Bool) {
        let sealer = try sealer
        for isNull in [true, false] {
            let plaintext = try? sealer.open(
                completed.receipt, kind: .object, id: completed.version.bytes,
                associatedData: Self.associatedData(ofReceipt: completed.id, isNull: isNull))
            guard let plaintext, let record = try? ObjectRecord(decoding: plaintext, version: completed.version) else {
                continue
            }
            return (record, isNull)
        }
        throw Corruption(what: "record of the completed upload \(completed.id.hex)")
    }

    /// Fewer bytes than the columns of any version have: a receipt does not pass for a version's record.
    private static func associatedData(ofReceipt upload: UploadID, isNull: Bool) -> [UInt8] {
        isNull ? upload.bytes : upload.bytes + [1]
    }

    /// The record of a delete marker: an object's record without an object.
    ///
    /// It opens as one for who asks for its tag, which is empty.
    func sealDeleteMarker(_ columns: VersionColumns) throws(KeyServiceError) -> [UInt8] {
        try sealer.seal(
            ObjectRecord.ofDeleteMarker, kind: .object, id: columns.version.bytes,
            associatedData: columns.associatedData)
    }

    func seal(_ record: UploadRecord, _ row: UploadRow) throws(KeyServiceError) -> [UInt8] {
        try sealer.seal(record.encoded(), kind: .upload, id: row.id.bytes, associatedData: row.associatedData)
    }

    func open(_ row: UploadRow) throws -> UploadRecord {
        let sealer = try sealer
        do {
            let record = try sealer.open(
                row.sealed, kind: .upload, id: row.id.bytes, associatedData: row.associatedData)
            return try UploadRecord(decoding: record, upload: row.id)
        } catch {
            throw Corruption(what: "record of upload \(row.id.hex) of \"\(row.key)\"")
        }
    }

    func seal(_ record: PartRecord, _ row: PartRow, of upload: UploadID) throws(KeyServiceError) -> [UInt8] {
        try sealer.seal(
            record.encoded(), kind: .part, id: row.blob.bytes, associatedData: row.associatedData(of: upload))
    }

    func open(_ row: PartRow, of upload: UploadID) throws -> PartRecord {
        let sealer = try sealer
        do {
            return try PartRecord(
                decoding: sealer.open(
                    row.sealed, kind: .part, id: row.blob.bytes, associatedData: row.associatedData(of: upload)))
        } catch {
            throw Corruption(what: "record of part \(row.number) of upload \(upload.hex)")
        }
    }

    // MARK: Buckets and settings

    func seal(
        _ record: BucketRecord, id: BucketID, name: String, created: Int64
    ) throws(KeyServiceError) -> [UInt8] {
        try sealer.seal(
            record.encoded(), kind: .bucket, id: bytes(id.rawValue),
            associatedData: columnData(
                created: created, name: name, record.versioningRule, quota: record.quota?.limit))
    }

    func open(_ row: BucketRow) throws -> BucketRecord {
        let sealer = try sealer
        guard !store.isDistrusted(row.sealed) else {
            throw Corruption(what: "record of bucket \"\(row.name)\", which is an older one put back")
        }
        do {
            return try BucketRecord(decoding: sealer.openBytes(of: row), row.versioningRule)
        } catch {
            throw Corruption(what: "record of bucket \"\(row.name)\"")
        }
    }
}

/// What a listing shows of records, which are opened in memory that serves one after another.
struct ListedRecords {
    /// Records that are opened together, see ``RecordSealer/withRecordKeys(kind:ids:count:_:)``.
    static let batch = 32

    private let sealer: RecordSealer
    private var plaintext: [UInt8] = []
    private var ids: [UInt8] = []
    /// Where the records lie in `plaintext`; `nil` for those that did not open.
    private var places: [Range<Int>?] = []

    fileprivate init(sealer: RecordSealer) {
        self.sealer = sealer
    }

    /// Opens several records, ``batch`` at most, for ``record(at:)``.
    mutating func open(_ versions: ArraySlice<StoredVersion>) {
        ids.removeAll(keepingCapacity: true)
        plaintext.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        // By index: an iterator gives out copies, five references more and less for each version.
        for index in versions.indices { versions[index].columns.version.withBytes { ids.append(contentsOf: $0) } }
        sealer.withRecordKeys(kind: .object, ids: ids, count: versions.count) { keys in
            for index in versions.indices {
                let start = plaintext.count
                var isAuthentic = false
                versions[index].columns.withAssociatedData { associatedData in
                    isAuthentic = keys.open(
                        versions[index].sealed, at: index - versions.startIndex, associatedData: associatedData,
                        appendingTo: &plaintext)
                }
                places.append(isAuthentic ? start..<plaintext.count : nil)
            }
        }
    }

    /// The record of one of the versions that were opened last; `nil` when it is damaged.
    func record(at position: Int) -> ListedRecord? {
        guard let place = places[position] else { return nil }
        return try? ObjectRecord.listed(plaintext[place])
    }

    mutating func open(_ version: StoredVersion) throws(Corruption) -> ListedRecord {
        plaintext.removeAll(keepingCapacity: true)
        guard sealer.open(version, appendingTo: &plaintext), let listed = try? ObjectRecord.listed(plaintext[...])
        else {
            throw SealedRecords.corruption(of: version)
        }
        return listed
    }
}

extension RecordSealer {
    /// Whether a record of the catalogue opens in its place.
    func isAuthentic(_ record: CoveredRecord) -> Bool {
        switch record {
        case .version(let columns, _, let sealed):
            var plaintext: [UInt8] = []
            return open(StoredVersion(columns: columns, sealed: sealed), appendingTo: &plaintext)
        case .bucket(let row): return (try? openBytes(of: row)) != nil
        case .setting(let name, let value):
            return CatalogueKey.settings.contains(name)
                || (try? open(value, kind: .setting, id: Array(name.utf8), associatedData: [])) != nil
        case .account(let row):
            return (try? open(row.sealed, kind: .account, id: row.id, associatedData: [])) != nil
        }
    }

    fileprivate func openBytes(of row: BucketRow) throws(AuthenticationFailure) -> [UInt8] {
        try open(
            row.sealed, kind: .bucket, id: bytes(row.id.rawValue),
            associatedData: columnData(created: row.created, name: row.name, row.versioningRule, quota: row.quota))
    }

    /// Appends the record of a version to `plaintext`; false if it does not open.
    fileprivate func open(_ version: StoredVersion, appendingTo plaintext: inout [UInt8]) -> Bool {
        var isAuthentic = false
        version.columns.withAssociatedData { associatedData in
            version.columns.version.withBytes { id in
                isAuthentic = open(
                    version.sealed, kind: .object, id: id, associatedData: associatedData, appendingTo: &plaintext)
            }
        }
        return isAuthentic
    }
}

/// A bucket's clear columns; one that never had versioning, or has no quota or exclusions, has the encoding of former releases.
private func columnData(created: Int64, name: String, _ rule: VersioningRule, quota: Int64?) -> [UInt8] {
    var columns = bytes(created) + Array(name.utf8)
    // No name has a zero byte. With a quota two numbers follow it, without one it is one or none; with exclusions it is two
    // numbers and more, of which that of no quota is one that no quota has.
    if rule.versioning != .unversioned || quota != nil { columns += [0] + bytes(rule.versioning.rawValue) }
    if let exclusions = rule.exclusions {
        columns += bytes(quota ?? -1) + exclusions.encoded
    } else if let quota {
        columns += bytes(quota)
    }
    return columns
}

private func bytes(_ value: Int64) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) }
}

extension UploadRow {
    /// The row's clear columns, bound to its sealed record: numbers big-endian, then the key.
    var associatedData: [UInt8] {
        var bytes: [UInt8] = []
        for value in [bucket.rawValue, initiated, dataKey?.rawValue ?? 0] {
            withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
        }
        bytes.append(contentsOf: key.utf8)
        return bytes
    }
}

extension PartRow {
    func associatedData(of upload: UploadID) -> [UInt8] {
        var bytes = upload.bytes
        for value in [Int64(number), length, size, modified] {
            withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }
}
