import Cryptography
import Encryption
import KeyManagement
package import MinIODrive
import ObjectStorage
import S3Protocol
package import SealedStorage
import Threading

/// Brings the objects of a MinIO drive over, encrypted anew as they were: the same kind of encryption, the same key of
/// the key service.
///
/// An object's versions come one after another, the oldest first; several objects at once. A version is here for good
/// when it is reported, and carries the id and time that it had: by that it is known when the import is made again, after
/// a crash or to bring what has changed. What was not imported before and is older than what was, stays away: versions
/// are in the order in which they came.
package struct MinIOImport: Sendable {
    let source: MinIODrive
    let keys: DriveKeySource
    let target: SealedDrive
    let isDry: Bool
    /// Waits until so many bytes may be read.
    let admit: @Sendable (Int) async throws -> Void
    /// Of the records that are long.
    private let longRecord = OneAtATime()
    private let knownKeys = ShortLock<Set<String>>([])

    /// Objects under way at once: small ones are committed together, and wait for the same write to the disk.
    private static let parallel = 32
    private static let stepsAtOnce = 32
    /// Bytes of an `xl.meta` of which many are in memory at once; of those that are longer there is one.
    private static let shortRecord = 1 << 20

    /// - Parameters:
    ///   - isDry: everything is read and checked, and nothing written.
    ///   - admit: waits until so many bytes may be read.
    package init(
        _ source: MinIODrive, _ keys: DriveKeySource, to target: SealedDrive, isDry: Bool,
        admit: @escaping @Sendable (Int) async throws -> Void
    ) {
        self.source = source
        self.keys = keys
        self.target = target
        self.isDry = isDry
        self.admit = admit
    }

    /// Imports the objects of a bucket.
    ///
    /// - Parameter name: that of the source's and of the target's bucket; in a dry run it need not be there.
    /// - Throws: what keeps anything more from being written, such as a full drive, and what `report` does.
    package func run(bucket name: String, report: (ImportedItem) async throws -> Void) async throws {
        let bucket = target.buckets.bucket(named: name)
        if let bucket, !isDry { try await target.uploads.abortImported(in: bucket) }
        // What has no versions needs not be looked into for each key.
        let (usage, isCounted) = try await target.buckets.usage()
        let isNew = bucket == nil || isCounted && usage[name].map { $0.versions + $0.deleteMarkers == 0 } ?? false
        let walk = try source.objects(in: name)
        try await withThrowingTaskGroup(of: [ImportedItem].self) { group in
            var running = 0
            var steps: ArraySlice<ObjectWalk.Step> = []
            while true {
                if steps.isEmpty { steps = try await target.offload { try walk.next(upTo: Self.stepsAtOnce) }[...] }
                let step = steps.popFirst()
                if running == Self.parallel || step == nil {
                    while running > 0, let items = try await group.next() {
                        running -= 1
                        for item in items { try await report(item) }
                        if step != nil { break }
                    }
                }
                guard let step else { return }
                running += 1
                group.addTask { try await items(of: step, bucket, name, isNew: isNew) }
            }
        }
    }

    /// Makes a key of the key service's that is not there, as the source's may not be where another service is now.
    func requireKey(_ key: KeyID) async throws(KeyServiceError) {
        guard !knownKeys.withLock({ $0.contains(key.name) }) else { return }
        let service = target.keys.service
        if try await !service.hasKey(key) {
            do throws(KeyServiceError) {
                try await service.createKey(key)
            } catch .keyExists {
                // Another object's turn was faster.
            }
        }
        knownKeys.withLock { _ = $0.insert(key.name) }
    }

    private func items(
        of step: ObjectWalk.Step, _ bucket: Bucket?, _ name: String, isNew: Bool
    ) async throws -> [ImportedItem] {
        switch step {
        case .unreadable(let key, let fault):
            return [
                ImportedItem(
                    bucket: name, key: key, version: nil, size: 0,
                    outcome: .skipped(ImportSkip(fault), detail: "\(fault)"))
            ]
        case .object(let entry):
            let importing = ImportedObject(run: self, entry: entry, bucket: bucket, isNew: isNew)
            do {
                if let file = try await target.offload({ try entry.file(upTo: Self.shortRecord) }) {
                    return try await importing.versions(of: file)
                }
                return try await longRecord.run {
                    let file = try await target.offload { try entry.file() }
                    return try await importing.versions(of: file)
                }
            } catch let fault as DriveFault {
                return [importing.item(nil, 0, fault)]
            }
        }
    }
}

/// One object on its way.
private struct ImportedObject: Sendable {
    let run: MinIOImport
    let entry: DriveEntry
    /// Nil in a dry run, where it is not here yet.
    let bucket: Bucket?
    /// Whether the bucket had no versions when the import began.
    let isNew: Bool

    func item(_ version: DriveVersion?, _ size: Int64, _ fault: DriveFault) -> ImportedItem {
        item(version, size, .skipped(ImportSkip(fault), detail: "\(fault)"))
    }

    private func item(_ version: DriveVersion?, _ size: Int64, _ outcome: ImportOutcome) -> ImportedItem {
        ImportedItem(bucket: entry.bucket, key: entry.key, version: version?.id.text, size: size, outcome: outcome)
    }

    func versions(of file: VersionFile) async throws -> [ImportedItem] {
        let name: ObjectName
        do {
            name = try ObjectName(entry.key)
        } catch {
            return [item(nil, 0, .unsupported(error.message))]
        }
        var present: [PresentVersion] = []
        if let bucket, !isNew { present = try await run.target.objects.presentVersions(bucket, key: name) }
        let isOthers = present.contains { $0.origin == nil }
        var known: [String: PresentVersion?] = [:]
        for version in present { if let origin = version.origin { known[Self.identity(ofOrigin: origin)] = version } }
        let wanted = file.versions()
        // Where the newest of those that are here stands: what is older can come no more.
        let newestHere = wanted.lastIndex { (try? $0.get()).map { known[$0.identity] != nil } ?? false }
        var items: [ImportedItem] = []
        for (index, one) in wanted.enumerated() {
            let version: DriveVersion
            do {
                version = try one.get()
            } catch {
                items.append(item(nil, 0, error))
                continue
            }
            if case .bookkeeping = version.kind { continue }
            if let here = known[version.identity] {
                items.append(item(version, version.size, try await update(here, version, name)))
            } else if isOthers {
                items.append(
                    item(version, version.size, .skipped(.inTheWay, detail: "the key has versions written here")))
            } else if let newestHere, index < newestHere {
                items.append(
                    item(version, version.size, .skipped(.inTheWay, detail: "later versions of it are here already")))
            } else {
                let done = try await take(version, name, file)
                if case .imported = done.outcome { known.updateValue(nil, forKey: version.identity) }
                items.append(done)
            }
        }
        return items
    }

    /// What an origin begins with that tells a version from all others; behind it is told of its later changes.
    private static func identity(ofOrigin origin: String) -> String {
        origin.split(separator: " ").prefix(3).joined(separator: " ")
    }

    /// Brings what has changed of a version since it was imported.
    private func update(
        _ here: PresentVersion?, _ version: DriveVersion, _ name: ObjectName
    ) async throws -> ImportOutcome {
        guard let bucket, let here, !run.isDry, case .object(let object) = version.kind,
            here.origin != version.origin
        else { return .skipped(.present, detail: "") }
        do {
            var attributes = try object.attributes()
            attributes.origin = version.origin
            try await run.target.objects.updateImported(bucket, key: name, here.selector, to: attributes)
            return .updated
        } catch let fault as DriveFault {
            return .skipped(ImportSkip(fault), detail: "\(fault)")
        }
    }

    private func take(_ version: DriveVersion, _ name: ObjectName, _ file: VersionFile) async throws -> ImportedItem {
        do {
            switch version.kind {
            case .bookkeeping: return item(version, 0, .imported(as: nil, note: nil))
            case .deleteMarker:
                guard let bucket, !run.isDry else { return item(version, 0, .imported(as: nil, note: nil)) }
                let columns = try await run.target.objects.importMarker(
                    bucket, key: name, modified: version.milliseconds, isNull: version.id.isNull,
                    origin: version.origin)
                return item(version, 0, .imported(as: columns.clientID, note: nil))
            case .object(let object):
                return item(version, object.size, try await take(object, version, name, file))
            }
        } catch let fault as DriveFault {
            return item(version, version.size, fault)
        } catch SealedStorageError.conditionalConflict {
            return item(
                version, version.size, .skipped(.refused, detail: "it does not fit the bucket's versioning"))
        } catch let error as KeyServiceError {
            let reason: ImportSkip =
                switch error {
                case .keyNotFound, .invalidKeyID, .keyExists, .notSupported: .keyMissing
                case .notAuthentic: .keyWrong
                case .unavailable, .notAuthorized: .keyServiceAway
                }
            return item(version, version.size, .skipped(reason, detail: "\(error)"))
        } catch StorageError.quotaExceeded {
            return item(version, version.size, .skipped(.refused, detail: "the bucket's quota"))
        } catch StorageError.tooManyVersions {
            return item(version, version.size, .skipped(.refused, detail: "the key has too many versions"))
        }
    }

    private func take(
        _ object: DriveObject, _ version: DriveVersion, _ name: ObjectName, _ file: VersionFile
    ) async throws -> ImportOutcome {
        if let obstacle = DriveEntry.obstacle(of: object) { throw obstacle }
        var key: DriveObjectKey?
        var decision = EncryptionDecision.sseS3
        if let encryption = object.encryption {
            let opened = try await run.keys.open(encryption, bucket: entry.bucket, key: entry.key)
            key = opened.key
            decision = try Self.decision(encryption, opened.customerKey)
        }
        var attributes = try object.attributes()
        attributes.origin = version.origin
        let etag = try object.etag(key, name: entry.key)
        let checksum = try object.checksum(key)
        let source = Source(object: object, version: version, file: file, key: key, etag: etag, checksum: checksum)
        guard let bucket, !run.isDry else {
            for index in object.parts.indices { try await bytes(index, of: source).verify() }
            return .imported(as: nil, note: nil)
        }
        let draft = ObjectDraft(
            bucket: bucket, key: name, encryption: decision, attributes: attributes, modified: version.milliseconds,
            imported: ImportedVersion(
                etag: ETag(unquoted: etag.shown), checksum: checksum?.stored, isNull: version.id.isNull))
        if case .sseKMS(let key, _, _) = decision { try await run.requireKey(key) }
        if object.isMultipart { return try await upload(source, draft) }
        let bytes = try bytes(0, of: source)
        let written = try await run.target.objects.write(bytes, as: draft, conditions: WritePreconditions([]))
        return .imported(as: written.columns.clientID, note: nil)
    }

    private struct Source {
        let object: DriveObject
        let version: DriveVersion
        let file: VersionFile
        let key: DriveObjectKey?
        let etag: DriveETag
        let checksum: DriveChecksum?
    }

    /// - Parameter index: of a part; an object without parts is read as one without bytes.
    private func bytes(_ index: Int, of source: Source) throws -> ImportedBytes {
        guard source.object.parts.indices.contains(index) else { throw DriveFault.damaged("it has no part") }
        let isWhole = !source.object.isMultipart
        let body = try entry.body(
            source.object.parts[index], of: source.object, version: source.version.id, in: source.file, source.key)
        return ImportedBytes(
            body, md5: isWhole ? source.etag.md5 : nil,
            sum: isWhole ? source.checksum?.ofBytes : source.checksum?.ofPart(index), drive: run.target,
            admit: run.admit)
    }

    /// Part by part, so that part numbers and sizes stay.
    private func upload(_ source: Source, _ draft: ObjectDraft) async throws -> ImportOutcome {
        let uploads = run.target.uploads
        let customerKey: CustomerKey? =
            switch draft.encryption {
            case .sseC(let key): key
            case .sseS3, .sseKMS, .dsseKMS: nil
            }
        let sums = source.checksum.map {
            UploadChecksum(algorithm: $0.algorithmName, type: $0.compositeCount == nil ? .fullObject : .composite)
        }
        let (upload, _) = try await uploads.begin(draft, checksum: sums)
        do {
            for (index, part) in source.object.parts.enumerated() {
                _ = try await uploads.writePart(
                    bytes(index, of: source), number: part.number, of: upload, customerKey, modified: draft.modified)
            }
            let numbers = source.object.parts.map(\.number)
            let (chosen, _) = try await uploads.choose(of: upload) { rows in
                (try numbers.compactMap { rows[$0] }.map { try uploads.open($0, of: upload) }, ())
            }
            // Of servers that promise no MD5s the tag is another one: the sums have been checked.
            let isSame = chosen.etag.value == source.etag.shown
            let note = draft.encryption.promisesMD5 && !isSame ? "the ETag is not made of its parts' MD5s" : nil
            let written = try await uploads.complete(
                upload, in: draft.bucket, of: chosen, checksum: source.checksum?.stored, modified: draft.modified,
                conditions: WritePreconditions([]), imported: draft.imported, by: run.target.objects)
            return .imported(as: written.columns.clientID, note: note)
        } catch {
            try? await uploads.abort(upload.id.hex, in: draft.bucket, key: draft.key)
            throw error
        }
    }

    private static func decision(
        _ encryption: DriveEncryption, _ customerKey: SecretKey?
    ) throws -> EncryptionDecision {
        switch encryption.kind {
        case .sseS3: return .sseS3
        case .sseKMS:
            return .sseKMS(
                key: try KeyID(encryption.kmsKey ?? ""), clientContext: encryption.context, bucketKey: false)
        case .sseC:
            guard let customerKey else { throw DriveFault.customerKeyMissing }
            return .sseC(CustomerKey(key: customerKey))
        }
    }
}

extension DriveVersion {
    /// What tells it from the other versions of its key, and from those that take its place.
    fileprivate var identity: String { "minio \(id.text) \(modified)" }

    /// With what tells whether its tags, retention or hold have been changed.
    fileprivate var origin: String {
        guard case .object(let object) = kind, object.changes.utf8.contains(where: { $0 != UInt8(ascii: ",") }) else {
            return identity
        }
        return "\(identity) \(object.changes.replacing(" ", with: ""))"
    }

    fileprivate var milliseconds: Int64 { modified / 1_000_000 }

    fileprivate var size: Int64 {
        if case .object(let object) = kind { object.size } else { 0 }
    }
}
