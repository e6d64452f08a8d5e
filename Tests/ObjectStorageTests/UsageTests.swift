import ObjectStorage
import TestSupport
import Testing

/// What buckets have, and their quotas.
@Suite struct UsageTests {
    /// What listings of all versions and annotations add up to.
    private func listed(_ store: ObjectStore, _ bucket: BucketID) async throws -> BucketUsage {
        var usage = BucketUsage()
        for entry in try await store.listVersions(VersionListRequest(bucket: bucket, limit: 1000)).entries {
            guard case .version(let version, let isLatest) = entry else { continue }
            let isMarker = version.columns.flags.contains(.deleteMarker)
            usage.bytes += version.columns.size
            usage.versions += isMarker ? 0 : 1
            usage.deleteMarkers += isMarker ? 1 : 0
            usage.objects += isLatest && !isMarker ? 1 : 0
        }
        usage.bytes += try await annotatedBytes(store, bucket)
        return usage
    }

    /// Those of annotations that are to be removed are there, too.
    private func annotatedBytes(_ store: ObjectStore, _ bucket: BucketID) async throws -> Int64 {
        try await store.list(ListRequest(bucket: bucket.ofAnnotations, limit: 1000)).entries.reduce(0) { sum, entry in
            guard case .version(let version) = entry else { return sum }
            return sum + version.columns.size
        }
    }

    private func change(
        _ store: ObjectStore, _ bucket: BucketID, using generator: inout SeededGenerator
    ) async throws {
        let key = ["a", "b", "c"].randomElement(using: &generator) ?? "a"
        let isNull = Bool.random(using: &generator)
        let flags: VersionFlags = isNull ? .nullVersion : []
        try await store.setVersioning(of: bucket, for: flags)
        let bytes = [UInt8](repeating: 1, count: Int.random(in: 0..<50, using: &generator))
        switch Int.random(in: 0..<11, using: &generator) {
        case 0..<3: try await store.putInline(bucket, key, bytes, flags: flags)
        case 3: try await store.putFile(bucket, key, bytes, flags: flags)
        case 4:
            let columns = store.columns(bucket, key, body: .none, size: 0, flags: flags.union(.deleteMarker))
            let marker = NewVersion(columns: columns, sealed: [], body: .none, dataKey: nil)
            _ = try await store.delete(bucket, [Deletion(key: key, .marker(marker))])
        case 5: _ = try await store.delete(bucket, key: key, version: .null)
        case 6..<9:
            guard let owner = try store.version(bucket, key: key), !owner.columns.flags.contains(.deleteMarker) else {
                return
            }
            let name = Bool.random(using: &generator) ? "x" : "y"
            guard bytes.count > 9 else {
                _ = try await store.deleteAnnotation(owner.columns.version.annotationPrefix + name, of: owner)
                return
            }
            #expect(try await store.annotate(owner, name, bytes, inFile: bytes.count > 30) == .done)
        default: _ = try await store.delete(bucket, key: key, version: .current)
        }
    }

    @Test func `a bucket's usage is what its versions add up to, also after a start`() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        let drive = try await Drive.make()
        var store = drive.store
        for step in 0..<300 {
            try await change(store, drive.bucket, using: &generator)
            // What is removed in the background would change the one and not yet the other.
            await store.collectGarbage()
            #expect(
                try store.usageAtHand(of: drive.bucket) == (try await listed(store, drive.bucket)), "\(seed) \(step)")
            guard step == 150 else { continue }
            store.close()
            store = try drive.reopen()
        }
        #expect(try store.isUsageCounted)
    }

    @Test func `the versions of a former release are counted while others come and go`() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        let drive = try await Drive.make()
        for number in 0..<700 { try await drive.store.putInline(drive.bucket, "k\(number)", [1, 2]) }
        for _ in 0..<50 { try await change(drive.store, drive.bucket, using: &generator) }
        drive.store.close()
        try FormerCatalogue.make(
            at: "\(drive.path)/coffer.db", upTo: FormerCatalogue.latest,
            running: "UPDATE drive SET value = 0 WHERE name = 'counted'; UPDATE bucket_usage SET bytes = 5;")
        let store = try drive.reopen()
        for _ in 0..<50 { try await change(store, drive.bucket, using: &generator) }
        while try !store.isUsageCounted { await store.collectGarbage() }
        let usage = try store.usageAtHand(of: drive.bucket)
        var listed = BucketUsage()
        var request = VersionListRequest(bucket: drive.bucket, limit: 1000)
        while true {
            let page = try await store.listVersions(request)
            for entry in page.entries {
                guard case .version(let version, let isLatest) = entry else { continue }
                let isMarker = version.columns.flags.contains(.deleteMarker)
                listed.bytes += version.columns.size
                listed.versions += isMarker ? 0 : 1
                listed.deleteMarkers += isMarker ? 1 : 0
                listed.objects += isLatest && !isMarker ? 1 : 0
                request.after = VersionMarker(key: version.columns.key, order: version.columns.order)
            }
            guard page.isTruncated else { break }
        }
        listed.bytes += try await annotatedBytes(store, drive.bucket)
        #expect(usage == listed, "\(seed)")
        #expect(listed.objects > 600)
    }

    private func setQuota(_ quota: Int64?, _ drive: Drive) async throws {
        for row in try drive.store.buckets() where row.id == drive.bucket {
            let changed = BucketRow(
                id: row.id, name: row.name, created: row.created, versioning: row.versioning, quota: quota,
                sealed: row.sealed)
            #expect(try await drive.store.updateBucket(changed, replacing: row.sealed) == .updated)
        }
    }

    @Test func `no write takes a bucket beyond its quota, not even one of many at a time`() async throws {
        let drive = try await Drive.make()
        try await setQuota(100, drive)
        await withTaskGroup { group in
            for number in 0..<40 {
                group.addTask {
                    _ = try? await drive.store.putInline(drive.bucket, "k\(number)", [UInt8](repeating: 1, count: 7))
                }
            }
        }
        #expect(try drive.store.usageAtHand(of: drive.bucket) == BucketUsage(bytes: 98, objects: 14, versions: 14))
        await #expect(throws: StorageError.quotaExceeded) {
            try await drive.store.putFile(drive.bucket, "file", [1, 2, 3])
        }
        // Exactly what is left fits; what is replaced leaves its room.
        try await drive.store.putInline(drive.bucket, "rest", [1, 2])
        let present = try await drive.store.keys(drive.bucket)
        try await drive.store.putInline(drive.bucket, try #require(present.first), [UInt8](repeating: 2, count: 7))
        await #expect(throws: StorageError.quotaExceeded) {
            try await drive.store.putInline(drive.bucket, present[0], [UInt8](repeating: 2, count: 8))
        }
        // What neither adds nor takes is welcome beyond it too.
        try await setQuota(10, drive)
        try await drive.store.putInline(drive.bucket, "empty", [])
        _ = try await drive.store.delete(drive.bucket, key: present[1])
        await #expect(throws: StorageError.quotaExceeded) { try await drive.store.putInline(drive.bucket, "x", [1]) }
        try await setQuota(nil, drive)
        try await drive.store.putInline(drive.bucket, "x", [1])
    }

    @Test func `annotations take room as versions do, and leave it with their version`() async throws {
        let drive = try await Drive.make()
        let (store, bucket) = (drive.store, drive.bucket)
        try await setQuota(100, drive)
        try await store.putInline(bucket, "k", [UInt8](repeating: 1, count: 40))
        let owner = try #require(try store.version(bucket, key: "k"))
        let half = [UInt8](repeating: 2, count: 50)
        #expect(try await store.annotate(owner, "a", half) == .done)
        await #expect(throws: StorageError.quotaExceeded) { try await store.annotate(owner, "b", [1, 2] + half) }
        await #expect(throws: StorageError.quotaExceeded) {
            try await store.putInline(bucket, "other", [UInt8](repeating: 3, count: 11))
        }
        // In the place of the one that it replaces it has room.
        #expect(try await store.annotate(owner, "a", half + [1]) == .done)
        #expect(try store.usageAtHand(of: bucket) == BucketUsage(bytes: 91, objects: 1, versions: 1))
        // A version that brings some along needs room for all of them.
        let columns = store.columns(bucket, "copy", body: .inline, size: 5)
        var copy = NewVersion(columns: columns, sealed: [1], body: .inline(half), dataKey: nil)
        let annotation = store.columns(
            bucket.ofAnnotations, columns.version.annotationPrefix + "a", body: .inline, size: 5, flags: [])
        copy.annotations = [NewVersion(columns: annotation, sealed: [1], body: .inline([5]), dataKey: nil)]
        await #expect(throws: StorageError.quotaExceeded) { try await store.put(copy) }
        #expect(try store.version(bucket, key: "copy") == nil)
        #expect(try store.usageAtHand(of: bucket).bytes == 91)
        _ = try await store.delete(bucket, key: "k")
        await store.collectGarbage()
        #expect(try store.usageAtHand(of: bucket) == BucketUsage())
        #expect(try await store.put(copy) == .stored)
        #expect(try store.usageAtHand(of: bucket).bytes == 10)
    }

    @Test func `a deleted bucket leaves no count`() async throws {
        let drive = try await Drive.make()
        try await drive.store.putInline(drive.bucket, "k")
        _ = try await drive.store.delete(drive.bucket, key: "k")
        try await drive.store.deleteBucket(drive.bucket)
        #expect(try await drive.store.usage().isEmpty)
    }
}
