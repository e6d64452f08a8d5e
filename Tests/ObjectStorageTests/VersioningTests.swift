import ObjectStorage
import TestSupport
import Testing

@Suite struct VersioningTests {
    private func put(
        _ drive: Drive, _ key: String, _ byte: UInt8, null: Bool = false
    ) async throws -> VersionColumns {
        let flags: VersionFlags = null ? .nullVersion : []
        try await drive.store.setVersioning(of: drive.bucket, for: flags)
        return try await drive.store.putInline(drive.bucket, key, [byte], flags: flags)
    }

    private func marker(_ drive: Drive, _ key: String, null: Bool = false) async throws -> NewVersion {
        try await drive.store.setVersioning(of: drive.bucket, for: null ? .nullVersion : [])
        let columns = drive.store.columns(
            drive.bucket, key, body: .none, size: 0, flags: null ? [.deleteMarker, .nullVersion] : .deleteMarker)
        return NewVersion(columns: columns, sealed: [], body: .none, dataKey: nil)
    }

    private func inline(_ drive: Drive, _ key: String, _ selector: VersionSelector) throws -> [UInt8]? {
        try drive.store.findAtHand(drive.bucket, key: key, version: selector, .body)?.inline
    }

    @Test func `each version is found by its identifier, the newest without one`() async throws {
        let drive = try await Drive.make()
        var versions: [VersionColumns] = []
        for byte in 0..<10 as Range<UInt8> { versions.append(try await put(drive, "k", byte, null: byte == 3)) }
        for (index, version) in versions.enumerated() {
            #expect(try inline(drive, "k", .id(version.version)) == [UInt8(index)])
        }
        #expect(try inline(drive, "k", .current) == [9])
        #expect(try inline(drive, "k", .null) == [3])
        #expect(try inline(drive, "k", .id(VersionID(order: versions[4].order))) == nil)
        #expect(try inline(drive, "other", .id(versions[4].version)) == nil)
    }

    /// Many random histories against a plain model: an array of versions a key, the newest last.
    @Test func `versions are as a plain model says`() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        let drive = try await Drive.make()
        var model: [String: [VersionColumns]] = [:]
        for step in 0..<600 {
            let key = ["a", "b/1", "b/2", "c"].randomElement(using: &generator) ?? "a"
            var versions = model[key] ?? []
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<3:
                versions.append(try await put(drive, key, UInt8(step & 0xff)))
            case 3..<5:
                let new = try await put(drive, key, UInt8(step & 0xff), null: true)
                versions.removeAll { $0.flags.contains(.nullVersion) }
                versions.append(new)
            case 5:
                let new = try await marker(drive, key, null: Bool.random(using: &generator))
                #expect(try await drive.store.delete(drive.bucket, [Deletion(key: key, .marker(new))]) == [.marked])
                if new.columns.flags.contains(.nullVersion) { versions.removeAll { $0.flags.contains(.nullVersion) } }
                versions.append(new.columns)
            case 6:
                let outcome = try await drive.store.delete(drive.bucket, key: key, version: .null)
                let expected = versions.firstIndex { $0.flags.contains(.nullVersion) }
                #expect(outcome == (expected.map { .removed(versions[$0]) } ?? .absent), "seed \(seed)")
                if let expected { versions.remove(at: expected) }
            case 7:
                let outcome = try await drive.store.delete(drive.bucket, key: key, version: .current)
                #expect(outcome == (versions.popLast().map { .removed($0) } ?? .absent), "seed \(seed)")
            default:
                guard let victim = versions.randomElement(using: &generator) else { break }
                let outcome = try await drive.store.delete(drive.bucket, key: key, version: .id(victim.version))
                #expect(outcome == .removed(victim), "seed \(seed)")
                versions.removeAll { $0.version == victim.version }
            }
            model[key] = versions
            for (key, versions) in model {
                let find = { (selector: VersionSelector) in
                    try drive.store.findAtHand(drive.bucket, key: key, version: selector, .row)?.version.columns
                }
                #expect(try find(.current) == versions.last, "seed \(seed), step \(step)")
                #expect(
                    try find(.null) == versions.first { $0.flags.contains(.nullVersion) }, "seed \(seed), step \(step)")
            }
        }
        let visible = model.compactMap { key, versions in
            versions.last.flatMap { $0.flags.contains(.deleteMarker) ? nil : key }
        }
        #expect(try await drive.store.keys(drive.bucket) == visible.sorted())
        try await expectListing(drive, model, &generator, seed)
        #expect(try await drive.store.verifyNoOrphans().isClean)
    }

    private func expectListing(
        _ drive: Drive, _ model: [String: [VersionColumns]], _ generator: inout SeededGenerator, _ seed: UInt64
    ) async throws {
        let all = model.sorted { $0.key < $1.key }.flatMap { $0.value.reversed() }
        let newest = Set(model.values.compactMap { $0.last?.version })
        var after: VersionMarker?
        var listed: [VersionColumns] = []
        while true {
            let limit = Int.random(in: 1...4, using: &generator)
            let page = try await drive.store.listVersions(
                VersionListRequest(bucket: drive.bucket, after: after, limit: limit))
            for entry in page.entries {
                guard case .version(let version, let isLatest) = entry else { continue }
                listed.append(version.columns)
                #expect(isLatest == newest.contains(version.columns.version), "seed \(seed)")
            }
            guard page.isTruncated, let last = listed.last else { break }
            after = VersionMarker(key: last.key, order: last.order)
        }
        #expect(listed == all, "seed \(seed)")
        let folded = try await drive.store.listVersions(VersionListRequest(bucket: drive.bucket, delimiter: "/"))
        let prefixes = folded.entries.filter { if case .commonPrefix = $0 { true } else { false } }
        #expect(prefixes == (all.contains { $0.key.hasPrefix("b/") } ? [.commonPrefix("b/")] : []))
    }

    @Test func `a listing of keys with thousands of versions finds each key once`() async throws {
        let drive = try await Drive.make()
        for key in ["a", "b", "c"] {
            for _ in 0..<400 { _ = try await put(drive, key, 1) }
        }
        #expect(try await drive.store.keys(drive.bucket) == ["a", "b", "c"])
        #expect(try await drive.store.keys(drive.bucket) { $0.limit = 2 } == ["a", "b"])
        #expect(try await drive.store.keys(drive.bucket) { $0.after = "a" } == ["b", "c"])
    }

    @Test func `a record is replaced only in the place of the one that was read, and its body stays`() async throws {
        let drive = try await Drive.make()
        let store = drive.store
        let old = try await put(drive, "k", 1)
        _ = try await put(drive, "k", 2)
        let record = Array("k".utf8)
        let replace = { (sealed: [UInt8], replacing: [UInt8]) in
            try await store.replaceRecord(of: old.version, drive.bucket, key: "k", sealed: sealed, replacing: replacing)
        }
        #expect(try await replace([9], [0]) == .changed(current: record))
        #expect(try await replace([9], record) == .swapped)
        let found = try #require(try store.findAtHand(drive.bucket, key: "k", version: .id(old.version), .body))
        #expect(found.version == StoredVersion(columns: old, sealed: [9]))
        #expect(found.inline == [1])
        #expect(try store.version(drive.bucket, key: "k")?.sealed == record)
        let missing = try await store.replaceRecord(
            of: VersionID(order: 5), drive.bucket, key: "k", sealed: [], replacing: [])
        #expect(missing == .changed(current: nil))
    }

    @Test func `versions that share files keep them until the last one is gone`() async throws {
        let drive = try await Drive.make()
        let store = drive.store
        let source = try await store.putFile(drive.bucket, "source", pattern(60_000))
        let blob = try #require(source.blob)
        let copy = store.columns(drive.bucket, "copy", body: .file, size: 60_000, blob: blob)
        let shared = NewVersion(columns: copy, sealed: [1], body: .sharedFile(blob), dataKey: nil)
        #expect(try await store.put(shared) == .stored)

        // Who reads the source keeps its file, though the row that goes last is another's.
        let reading = try store.findAtHand(drive.bucket, key: "source", .body)
        _ = try await store.delete(drive.bucket, key: "source")
        await store.collectGarbage()
        #expect(try store.readBlob(blob) == pattern(60_000))
        #expect(try await store.verifyNoOrphans().isClean)
        _ = try await store.delete(drive.bucket, key: "copy")
        await store.collectGarbage()
        #expect(try store.readBlob(blob) == pattern(60_000))
        reading?.lease?.release()
        await store.collectGarbage()
        #expect(throws: StorageError.blobMissing(blob)) { try store.openBlob(blob) }
        #expect(try await store.verifyNoOrphans().isClean)
        let late = store.columns(drive.bucket, "late", body: .file, size: 60_000, blob: blob)
        await #expect(throws: StorageError.noSuchBlob) {
            _ = try await store.put(NewVersion(columns: late, sealed: [], body: .sharedFile(blob), dataKey: nil))
        }
    }

    @Test func `versions that share the parts of an upload keep them until the last one is gone`() async throws {
        let drive = try await Drive.make()
        let store = drive.store
        let upload = try await store.createUpload(drive.bucket, "source")
        let part = try await store.putPart(upload, 1, pattern(60_000))
        let source = try await store.complete(upload, drive.bucket, "source", [part])
        func share(_ key: String, partsOf other: VersionColumns) async throws -> VersionColumns {
            let columns = store.columns(drive.bucket, key, body: .parts, size: 60_000)
            let new = NewVersion(
                columns: columns, sealed: [1], body: .sharedParts(of: other, manifest: [6]), dataKey: nil)
            return try Refused.unlessStored(try await store.put(new), columns)
        }
        let copy = try await share("copy", partsOf: source)
        #expect(try store.findAtHand(drive.bucket, key: "copy", .body)?.manifest == [6])

        // Who reads the source keeps its files, though the row that goes last is another's.
        let reading = try store.findAtHand(drive.bucket, key: "source", .body)
        _ = try await store.delete(drive.bucket, key: "source")
        await store.collectGarbage()
        #expect(try store.readBlob(part.blob) == pattern(60_000))
        // In the place of the version whose parts it shares, which may be the last one.
        let again = try await share("copy", partsOf: copy)
        await store.collectGarbage()
        #expect(try store.readBlob(part.blob) == pattern(60_000))
        #expect(try await store.verifyNoOrphans().isClean)
        _ = try await store.delete(drive.bucket, key: "copy")
        await store.collectGarbage()
        #expect(try store.readBlob(part.blob) == pattern(60_000))
        reading?.lease?.release()
        await store.collectGarbage()
        #expect(throws: StorageError.blobMissing(part.blob)) { try store.openBlob(part.blob) }
        #expect(try await store.verifyNoOrphans().isClean)
        for gone in [source, copy, again] {
            await #expect(throws: StorageError.noSuchBlob) { _ = try await share("late", partsOf: gone) }
        }
    }

    @Test func `a version with manifest and data key is of one moment`() async throws {
        let drive = try await Drive.make()
        let store = drive.store
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for _ in 0..<150 {
                    let own = try store.dataKeyRow()
                    let upload = try await store.createUpload(drive.bucket, "k", dataKey: own)
                    let part = try await store.putPart(upload, 1, [1])
                    _ = try await store.complete(upload, drive.bucket, "k", [part], dataKey: own.id)
                }
            }
            for _ in 0..<2 {
                group.addTask {
                    for _ in 0..<3000 {
                        guard let found = try store.findAtHand(drive.bucket, key: "k", .body) else { continue }
                        #expect(found.manifest == [5, 5])
                        #expect(found.dataKey?.id == found.version.columns.dataKey)
                        #expect(found.dataKey != nil)
                        await Task.yield()
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
