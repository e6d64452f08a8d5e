import Glibc
import ObjectStorage
import TestSupport

/// A drive in a directory of its own, with one bucket.
struct Drive {
    let directory: TemporaryDirectory
    let store: ObjectStore
    let bucket: BucketID

    static func make(_ configure: (inout StoreOptions) -> Void = { _ in }) async throws -> Drive {
        let directory = try TemporaryDirectory()
        let store = try ObjectStore.open("\(directory.path)/drive", options: options(configure))
        let bucket = try await store.makeBucket("bucket")
        return Drive(directory: directory, store: store, bucket: bucket.id)
    }

    static func options(_ configure: (inout StoreOptions) -> Void = { _ in }) -> StoreOptions {
        var options = StoreOptions()
        options.readers = 3
        options.ioThreads = 2
        configure(&options)
        return options
    }

    var path: String { "\(directory.path)/drive" }

    /// Opens the drive again; the store must have been closed.
    func reopen() throws -> ObjectStore {
        try ObjectStore.open(path, options: Self.options())
    }
}

extension ObjectStore {
    @discardableResult
    func makeBucket(_ name: String, sealed: [UInt8] = [1, 2, 3]) async throws -> BucketRow {
        let row = BucketRow(id: try nextBucketID(), name: name, created: 1, sealed: sealed)
        try await createBucket(row)
        return row
    }

    func dataKeyRow(wrapped: [UInt8] = [1, 2], shared: Bool = false) throws -> DataKeyRow {
        DataKeyRow(
            id: try nextDataKeyID(), kmsKey: "master", wrapped: wrapped, context: [3], created: 4, isShared: shared)
    }

    func columns(
        _ bucket: BucketID, _ key: String, body: BodyKind, size: Int, blob: BlobID? = nil, dataKey: DataKeyID? = nil,
        flags: VersionFlags = .nullVersion
    ) -> VersionColumns {
        let order = nextOrder()
        return VersionColumns(
            bucket: bucket, key: key, version: VersionID(order: order), order: order, size: Int64(size),
            modified: 1000, flags: flags, dataKey: dataKey, body: body, blob: blob)
    }

    /// Stores a small object in the catalogue; throws ``Refused`` when it is not stored.
    @discardableResult
    func putInline(
        _ bucket: BucketID, _ key: String, _ bytes: [UInt8] = [1], dataKey: DataKeyRow? = nil,
        flags: VersionFlags = .nullVersion, expecting expectation: Expectation = .none
    ) async throws -> VersionColumns {
        let columns = columns(bucket, key, body: .inline, size: bytes.count, dataKey: dataKey?.id, flags: flags)
        let new = NewVersion(columns: columns, sealed: Array(key.utf8), body: .inline(bytes), dataKey: dataKey)
        return try Refused.unlessStored(try await put(new, expecting: expectation), columns)
    }

    /// Stores an object in a blob file; throws ``Refused`` when it is not stored.
    @discardableResult
    func putFile(
        _ bucket: BucketID, _ key: String, _ bytes: [UInt8], flags: VersionFlags = .nullVersion,
        expecting expectation: Expectation = .none
    ) async throws -> VersionColumns {
        let blob = try await writeBlob(bytes)
        let columns = columns(bucket, key, body: .file, size: bytes.count, blob: blob.id, flags: flags)
        let new = NewVersion(columns: columns, sealed: Array(key.utf8), body: .file(blob), dataKey: nil)
        let outcome = try await put(new, expecting: expectation)
        if outcome != .stored { discard(blob) }
        return try Refused.unlessStored(outcome, columns)
    }

    /// Gives a version an annotation, or another body to the one of that name.
    @discardableResult
    func annotate(
        _ owner: StoredVersion, _ name: String, _ bytes: [UInt8], inFile: Bool = false, dataKey: DataKeyRow? = nil
    ) async throws -> AnnotationOutcome {
        let body: NewBody = inFile ? .file(try await writeBlob(bytes)) : .inline(bytes)
        let columns = columns(
            owner.columns.bucket.ofAnnotations, owner.columns.version.annotationPrefix + name, body: body.kind,
            size: bytes.count, blob: body.blob, dataKey: dataKey?.id, flags: [])
        let new = NewVersion(columns: columns, sealed: Array(name.utf8), body: body, dataKey: dataKey)
        let outcome = try await putAnnotation(new, of: owner)
        if outcome != .done, case .file(let blob) = body { discard(blob) }
        return outcome
    }

    /// The annotations of a version, in the order of their names.
    func annotations(of owner: VersionColumns) async throws -> [StoredVersion] {
        let request = ListRequest(
            bucket: owner.bucket.ofAnnotations, prefix: owner.version.annotationPrefix, limit: 1000)
        return try await list(request).entries.compactMap { entry -> StoredVersion? in
            guard case .version(let version) = entry else { return nil }
            return version
        }
    }

    /// Gives a bucket the versioning in which it takes versions of these flags, if it has another.
    func setVersioning(of bucket: BucketID, for flags: VersionFlags) async throws {
        for row in try buckets() where row.id == bucket {
            guard row.versioning.writesNullVersions != flags.contains(.nullVersion) else { continue }
            let versioning = flags.contains(.nullVersion) ? BucketVersioning.suspended : .enabled
            let changed = BucketRow(
                id: row.id, name: row.name, created: row.created, versioning: versioning, sealed: row.sealed)
            guard try await updateBucket(changed, replacing: row.sealed) == .updated else { throw TestFailure() }
        }
    }

    func version(_ bucket: BucketID, key: String) throws -> StoredVersion? {
        try findAtHand(bucket, key: key, .row)?.version
    }

    func writeBlob(_ bytes: [UInt8], expectedLength: Int? = nil) async throws -> FinishedBlob {
        let writer = try makeBlob(expectedLength: Int64(expectedLength ?? bytes.count))
        try await writer.append(bytes)
        return try await writer.finish()
    }

    func readBlob(_ id: BlobID) throws -> [UInt8] {
        let reader = try openBlob(id)
        var bytes = [UInt8](repeating: 0, count: Int(reader.length))
        let count = try bytes.withUnsafeMutableBytes { buffer throws(StorageError) in
            try reader.read(at: 0, into: buffer)
        }
        return Array(bytes.prefix(count))
    }

    /// The bytes of an object, wherever they are; nil when there is no such key.
    func body(_ bucket: BucketID, _ key: String) throws -> [UInt8]? {
        guard let found = try findAtHand(bucket, key: key, .body) else { return nil }
        defer { found.lease?.release() }
        if let inline = found.inline { return inline }
        return try found.version.columns.blob.map { try readBlob($0) } ?? []
    }

    func keys(_ bucket: BucketID, _ configure: (inout ListRequest) -> Void = { _ in }) async throws -> [String] {
        var request = ListRequest(bucket: bucket)
        configure(&request)
        return try await list(request).entries.map { entry in
            switch entry {
            case .version(let version): version.columns.key
            case .commonPrefix(let prefix): prefix
            }
        }
    }

    func createUpload(_ bucket: BucketID, _ key: String, dataKey: DataKeyRow? = nil) async throws -> UploadID {
        let upload = UploadRow(
            id: UploadID(), bucket: bucket, key: key, initiated: 5, dataKey: dataKey?.id, sealed: [9])
        try await createUpload(upload, dataKey: dataKey)
        return upload.id
    }

    @discardableResult
    func putPart(_ upload: UploadID, _ number: Int, _ bytes: [UInt8]) async throws -> PartRow {
        let blob = try await writeBlob(bytes)
        let part = PartRow(
            number: number, blob: blob.id, length: blob.length, size: blob.length, modified: 6, sealed: [7])
        try await putPart(part, of: upload)
        return part
    }

    func complete(
        _ upload: UploadID, _ bucket: BucketID, _ key: String, _ parts: [PartRow], dataKey: DataKeyID? = nil,
        expecting expectation: Expectation = .none
    ) async throws -> VersionColumns {
        let columns = columns(
            bucket, key, body: .parts, size: parts.reduce(0) { $0 + Int($1.size) }, dataKey: dataKey)
        let selection = try await partList(of: upload).selecting(parts.map { (number: $0.number, blob: $0.blob) })
        let outcome = try await completeUpload(
            upload, parts: selection,
            version: NewVersion(columns: columns, sealed: [4], body: .none, dataKey: nil), manifest: [5, 5],
            receipt: [8, 8], expecting: expectation)
        return try Refused.unlessStored(outcome, columns)
    }
}

extension BlobWriter {
    func append(_ bytes: [UInt8]) async throws {
        var done = 0
        while done < bytes.count {
            let count = min(freeSpace.count, bytes.count - done)
            bytes.withUnsafeBytes { source in
                freeSpace.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[done..<(done + count)]))
            }
            advance(count)
            done += count
            if isFull { try await flush() }
        }
    }
}

/// Bytes that differ from place to place, up to 64 KiB, and from seed to seed.
func pattern(_ count: Int, seed: UInt8 = 0) -> [UInt8] {
    let block = (0..<min(count, 1 << 16)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) &+ seed }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count { bytes += block.prefix(count - bytes.count) }
    return bytes
}

/// Copies a directory with everything below it, as a crash would leave it.
func copyTree(_ source: String, to target: String) throws {
    try FileCopy.copy(source, to: target)
}

private enum FileCopy {
    static func copy(_ source: String, to target: String) throws {
        var status = stat()
        guard lstat(source, &status) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFDIR {
            mkdir(target, 0o700)
            guard let directory = opendir(source) else { return }
            defer { closedir(directory) }
            while let entry = readdir(directory) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != "." && name != ".." { try copy("\(source)/\(name)", to: "\(target)/\(name)") }
            }
        } else {
            let input = open(source, O_RDONLY)
            let output = open(target, O_WRONLY | O_CREAT, 0o600)
            defer {
                close(input)
                close(output)
            }
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = buffer.withUnsafeMutableBytes { read(input, $0.baseAddress, $0.count) }
                guard count > 0 else { break }
                guard buffer.withUnsafeBytes({ write(output, $0.baseAddress, count) }) == count else {
                    throw TestFailure(reason: "cannot copy \(source)")
                }
            }
        }
    }
}

/// A put had another outcome than `stored`.
struct Refused: Error {
    let outcome: PutOutcome

    static func unlessStored(_ outcome: PutOutcome, _ columns: VersionColumns) throws -> VersionColumns {
        guard outcome == .stored else { throw Refused(outcome: outcome) }
        return columns
    }
}

struct TestFailure: Error, Equatable {
    var reason = "refused"
}
