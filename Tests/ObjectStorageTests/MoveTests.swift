import ObjectStorage
import TestSupport
import Testing

/// Copies, moves and new data keys: rows change, and the bytes stay where they are.
@Suite struct MoveTests {
    /// A version under another key with the body of a stored one.
    private func moved(
        _ store: ObjectStore, _ source: FoundVersion, to key: String
    ) -> NewVersion {
        var columns = source.version.columns
        columns.key = key
        columns.order = store.nextOrder()
        columns.version = VersionID(order: columns.order)
        let body: NewBody =
            switch source.version.columns.body {
            case .file: source.version.columns.blob.map { .sharedFile($0) } ?? .none
            case .parts: .sharedParts(of: source.version.columns, manifest: [6])
            case .inline, .none, .unreadable: .inline(source.inline ?? [])
            }
        return NewVersion(columns: columns, sealed: [9], body: body, dataKey: nil)
    }

    private func found(_ store: ObjectStore, _ bucket: BucketID, _ key: String) throws -> FoundVersion {
        try #require(try store.findAtHand(bucket, key: key, .body))
    }

    @Test(arguments: [BodyKind.inline, .file, .parts], [false, true])
    func `a version moves with its bytes and its data key`(kind: BodyKind, isTaken: Bool) async throws {
        let drive = try await Drive.make()
        let (store, bucket) = (drive.store, drive.bucket)
        let key = try store.dataKeyRow()
        switch kind {
        case .inline: try await store.putInline(bucket, "old", [5], dataKey: key)
        case .file, .none, .unreadable: try await store.putFile(bucket, "old", pattern(60_000))
        case .parts:
            let upload = try await store.createUpload(bucket, "old", dataKey: key)
            let part = try await store.putPart(upload, 1, pattern(60_000))
            _ = try await store.complete(upload, bucket, "old", [part], dataKey: key.id)
        }
        if isTaken { try await store.putFile(bucket, "new", pattern(50_000)) }
        let source = try found(store, bucket, "old")
        let version = moved(store, source, to: "new")
        source.lease?.release()
        #expect(try await store.move(version, from: MoveSource(source.version)) == .moved)
        await store.collectGarbage()
        #expect(try store.version(bucket, key: "old") == nil)
        let there = try found(store, bucket, "new")
        #expect(there.version == StoredVersion(columns: version.columns, sealed: [9]))
        #expect(there.dataKey?.id == source.dataKey?.id)
        switch kind {
        case .inline: #expect(there.inline == [5])
        case .file, .none, .unreadable:
            #expect(try store.readBlob(try #require(there.version.columns.blob)) == pattern(60_000))
        case .parts: #expect(there.manifest == [6])
        }
        there.lease?.release()
        #expect(try await store.verifyNoOrphans().isClean)
        _ = try await store.delete(bucket, key: "new")
        await store.collectGarbage()
        #expect(try await store.verifyNoOrphans().isClean)
        drive.store.close()
    }

    @Test func `a move finds what it expects at both keys, or changes nothing`() async throws {
        let drive = try await Drive.make()
        let (store, bucket) = (drive.store, drive.bucket)
        try await store.putInline(bucket, "old", [5])
        let source = try found(store, bucket, "old")
        let target = try await store.putInline(bucket, "new", [6])

        var stale = source.version.columns
        stale.key = "new"
        #expect(
            try await store.move(
                NewVersion(columns: stale, sealed: [], body: .inline([5]), dataKey: nil),
                from: MoveSource(source.version))
                == .refused(.staleOrder(newest: target.order)))
        let absent = try await store.move(
            moved(store, source, to: "new"), expecting: .absent, from: MoveSource(source.version))
        guard case .refused(.changed(let current)) = absent else { throw TestFailure() }
        #expect(current?.columns == target)

        // Another record of the same version: who moves it would take that back.
        let columns = source.version.columns
        let swap = try await store.replaceRecord(
            of: columns.version, bucket, key: "old", sealed: [8], replacing: source.version.sealed)
        #expect(swap == .swapped)
        #expect(
            try await store.move(moved(store, source, to: "new"), from: MoveSource(source.version)) == .sourceChanged)
        let again = try found(store, bucket, "old")
        _ = try await store.putInline(bucket, "old", [7])
        #expect(try await store.move(moved(store, again, to: "new"), from: MoveSource(again.version)) == .sourceChanged)
        _ = try await store.delete(bucket, key: "old")
        #expect(try await store.move(moved(store, again, to: "new"), from: MoveSource(again.version)) == .sourceChanged)
        #expect(try found(store, bucket, "new").inline == [6])
    }

    @Test func `a version gets another data key, and the former one goes`() async throws {
        let drive = try await Drive.make()
        let (store, bucket) = (drive.store, drive.bucket)
        let (first, second) = (try store.dataKeyRow(), try store.dataKeyRow(wrapped: [7]))
        try await store.putInline(bucket, "k", [5], dataKey: first)
        let old = try found(store, bucket, "k")
        #expect(try await store.rekey(RekeyedVersion(old.version, sealed: [8]), under: second) == .swapped)
        let new = try found(store, bucket, "k")
        var columns = old.version.columns
        columns.dataKey = second.id
        #expect(new.version == StoredVersion(columns: columns, sealed: [8]))
        #expect(new.inline == [5] && new.dataKey?.wrapped == [7])
        #expect(try store.dataKeyAtHand(first.id) == nil)
        #expect(try await store.rekey(RekeyedVersion(old.version, sealed: [0]), under: first) == .changed(current: [8]))
        // The same key again: counted once.
        #expect(try await store.rekey(RekeyedVersion(new.version, sealed: [9]), under: second) == .swapped)
        #expect(try await store.verifyNoOrphans().isClean)
        _ = try await store.delete(bucket, key: "k")
        #expect(
            try await store.rekey(RekeyedVersion(new.version, sealed: [0]), under: second) == .changed(current: nil))
        #expect(try store.dataKeyAtHand(second.id) == nil)
        #expect(try await store.verifyNoOrphans().isClean)
    }

    enum Operation: CaseIterable, Sendable {
        case copy, copyOntoItself, move, moveOntoAnother, moveParts, rekey, deleteSource
    }

    /// Whatever happens, a key's bytes are those before or after, and no file is lost or left.
    @Test(arguments: Operation.allCases, [FaultPoint.transactionBegun, .rowsWritten, .directoriesSynced, .committed])
    func `after a crash there is the old state or the new one`(operation: Operation, point: FaultPoint) async throws {
        let crash = try Crash()
        let store = try ObjectStore.open(
            "\(crash.directory.path)/drive", options: Drive.options { $0.faultHook = crash.hook })
        let bucket = try await store.makeBucket("bucket").id
        let bytes = pattern(60_000)
        let blob = try #require(try await store.putFile(bucket, "k", bytes).blob)
        try await store.putFile(bucket, "other", pattern(50_000))
        let upload = try await store.createUpload(bucket, "parts")
        _ = try await store.complete(upload, bucket, "parts", [try await store.putPart(upload, 1, bytes)])
        let (source, parts) = (try found(store, bucket, "k"), try found(store, bucket, "parts"))
        source.lease?.release()
        parts.lease?.release()
        if operation == .deleteSource { _ = try await store.put(moved(store, source, to: "copy")) }
        await store.collectGarbage()

        crash.arm(point)
        switch operation {
        case .copy: _ = try await store.put(moved(store, source, to: "copy"))
        case .copyOntoItself: _ = try await store.put(moved(store, source, to: "k"))
        case .move: _ = try await store.move(moved(store, source, to: "copy"), from: MoveSource(source.version))
        case .moveOntoAnother:
            _ = try await store.move(moved(store, source, to: "other"), from: MoveSource(source.version))
        case .moveParts: _ = try await store.move(moved(store, parts, to: "copy"), from: MoveSource(parts.version))
        case .rekey:
            _ = try await store.rekey(RekeyedVersion(source.version, sealed: [4]), under: try store.dataKeyRow())
        case .deleteSource: _ = try await store.delete(bucket, key: "k")
        }
        crash.arm(nil)
        let recovered = try ObjectStore.open(try #require(crash.copy), options: Drive.options())
        await recovered.collectGarbage()
        let isNew = point == .committed
        let hasCopy = try recovered.version(bucket, key: "copy") != nil
        let hasSource = try recovered.version(bucket, key: "k") != nil
        switch operation {
        case .copy: #expect(hasSource && hasCopy == isNew)
        case .copyOntoItself, .rekey: #expect(hasSource && !hasCopy)
        case .move: #expect(hasSource != hasCopy && hasCopy == isNew)
        case .moveOntoAnother:
            #expect(hasSource == !isNew)
            #expect(try recovered.body(bucket, "other") == (isNew ? bytes : pattern(50_000)))
        case .moveParts: #expect(try (recovered.version(bucket, key: "parts") != nil) == !isNew && hasCopy == isNew)
        case .deleteSource: #expect(hasSource == !isNew && hasCopy)
        }
        #expect(try recovered.readBlob(blob) == bytes)
        #expect(try await recovered.verifyNoOrphans().isClean)
    }

    // MARK: With versions and annotations

    /// A version of another key that shares the body and the annotations of a stored one, and what it leaves there.
    private func moved(
        _ store: ObjectStore, _ source: FoundVersion, to key: String, _ rule: VersioningRule
    ) async throws -> (NewVersion, MoveSource) {
        let from = source.version.columns
        let base = moved(store, source, to: key)
        var columns = base.columns
        columns.flags = rule.writesNullVersion(of: key) ? .nullVersion : []
        var new = NewVersion(columns: columns, sealed: [9], body: base.body, dataKey: nil)
        let annotations = try await store.annotations(of: from)
        for annotation in annotations {
            let former = annotation.columns
            let own = store.columns(
                former.bucket, columns.version.annotationPrefix + former.key.suffix(1), body: former.body,
                size: Int(former.size), blob: former.blob, flags: [])
            let found = try store.findAtHand(former.bucket, key: former.key, .body)
            found?.lease?.release()
            let body: NewBody = former.blob.map { .sharedFile($0) } ?? .inline(found?.inline ?? [])
            new.annotations.append(NewVersion(columns: own, sealed: [7], body: body, dataKey: nil))
        }
        var marker: NewVersion?
        if rule.versioning != .unversioned {
            let flags: VersionFlags = rule.writesNullVersion(of: from.key) ? .nullVersion : []
            marker = NewVersion(
                columns: store.columns(from.bucket, from.key, body: .none, size: 0, flags: flags.union(.deleteMarker)),
                sealed: [0], body: .none, dataKey: nil)
        }
        let left = MoveSource(source.version, annotations: annotations.map(\.columns.version), leaving: marker)
        return (new, left)
    }

    @Test(
        arguments: [BucketVersioning.unversioned, .enabled, .suspended],
        [FaultPoint.transactionBegun, .rowsWritten, .directoriesSynced, .committed])
    func `a version that moves takes its annotations along, also when the process ends meanwhile`(
        versioning: BucketVersioning, point: FaultPoint
    ) async throws {
        let crash = try Crash()
        let store = try ObjectStore.open(
            "\(crash.directory.path)/drive", options: Drive.options { $0.faultHook = crash.hook })
        let bucket = try await store.makeBucket("bucket").id
        let bytes = pattern(60_000)
        if versioning == .enabled { try await store.setVersioning(of: bucket, for: []) }
        let flags: VersionFlags = versioning == .enabled ? [] : .nullVersion
        let former = try await store.putFile(bucket, "k", bytes, flags: flags)
        if versioning == .suspended {
            try await store.setVersioning(of: bucket, for: [])
            try await store.setVersioning(of: bucket, for: .nullVersion)
        }
        let row = try #require(try store.buckets().first)
        #expect(row.versioning == versioning)
        let owner = try #require(try store.version(bucket, key: "k"))
        #expect(try await store.annotate(owner, "a", [1, 2]) == .done)
        #expect(try await store.annotate(owner, "b", pattern(40_000), inFile: true) == .done)
        let source = try found(store, bucket, "k")
        let (new, left) = try await moved(store, source, to: "copy", row.versioningRule)
        source.lease?.release()
        await store.collectGarbage()

        crash.arm(point)
        #expect(try await store.move(new, from: left) == .moved)
        crash.arm(nil)
        let recovered = try ObjectStore.open(try #require(crash.copy), options: Drive.options())
        await recovered.collectGarbage()
        let isNew = point == .committed
        let copy = try recovered.version(bucket, key: "copy")
        #expect((copy != nil) == isNew)
        let present = try recovered.version(bucket, key: isNew ? "copy" : "k")
        let there = try #require(present)
        #expect(try recovered.readBlob(try #require(there.columns.blob)) == bytes)
        let annotations = try await recovered.annotations(of: there.columns)
        #expect(annotations.map { $0.columns.key.suffix(1) } == ["a", "b"])
        #expect(try recovered.body(bucket.ofAnnotations, annotations[0].columns.key) == [1, 2])
        #expect(try recovered.body(bucket.ofAnnotations, annotations[1].columns.key) == pattern(40_000))
        // What a bucket with versions keeps, and what is gone with the last of it.
        let hidden = try recovered.findAtHand(bucket, key: "k", version: .id(former.version), .row)
        #expect((hidden != nil) == (!isNew || versioning == .enabled))
        if isNew {
            let left = try await recovered.annotations(of: former)
            #expect(left.count == (versioning == .enabled ? 2 : 0))
            let marker = try recovered.version(bucket, key: "k")
            #expect(marker?.columns.flags.contains(.deleteMarker) ?? false == (versioning != .unversioned))
            let usage = try recovered.usageAtHand(of: bucket)
            #expect(usage.bytes == (versioning == .enabled ? 200_004 : 100_002))
            #expect(usage.objects == 1 && usage.deleteMarkers == (versioning == .unversioned ? 0 : 1))
        }
        #expect(try await recovered.verifyNoOrphans().isClean)
        for version in try await recovered.listVersions(VersionListRequest(bucket: bucket, limit: 9)).entries {
            guard case .version(let version, _) = version else { continue }
            _ = try await recovered.delete(
                bucket, key: version.columns.key, version: .id(version.columns.version))
        }
        await recovered.collectGarbage()
        #expect(try recovered.usageAtHand(of: bucket) == BucketUsage())
        #expect(try await recovered.verifyNoOrphans().isClean)
    }

    @Test func `a move sees what was annotated meanwhile, and what the versioning is by then`() async throws {
        let drive = try await Drive.make()
        let (store, bucket) = (drive.store, drive.bucket)
        try await store.putInline(bucket, "k", [5])
        let owner = try #require(try store.version(bucket, key: "k"))
        #expect(try await store.annotate(owner, "a", [1]) == .done)
        let source = try found(store, bucket, "k")
        let plain = VersioningRule(.unversioned)
        for change in ["a", "b"] {
            let (new, left) = try await moved(store, source, to: "copy", plain)
            #expect(try await store.annotate(owner, change, [2]) == .done)
            #expect(try await store.move(new, from: left) == .sourceChanged)
        }
        let (new, left) = try await moved(store, source, to: "copy", plain)
        _ = try await store.deleteAnnotation(owner.columns.version.annotationPrefix + "b", of: owner)
        #expect(try await store.move(new, from: left) == .sourceChanged)

        let (late, stale) = try await moved(store, source, to: "copy", plain)
        try await store.setVersioning(of: bucket, for: [])
        let rule = VersioningRule(.enabled)
        #expect(try await store.move(late, from: stale) == .refused(.versioningChanged(rule)))
        let (next, kept) = try await moved(store, source, to: "copy", rule)
        _ = try await store.putInline(bucket, "k", [6], flags: [])
        #expect(try await store.move(next, from: kept) == .sourceChanged)
        // Its marker would not be later than what it is to hide.
        let newest = try found(store, bucket, "k")
        let (another, early) = try await moved(store, newest, to: "copy", rule)
        var columns = try #require(early.marker).columns
        columns.order = newest.version.columns.order
        let marker = NewVersion(columns: columns, sealed: [0], body: .none, dataKey: nil)
        #expect(
            try await store.move(another, from: MoveSource(newest.version, leaving: marker))
                == .refused(.staleOrder(newest: columns.order)))
        #expect(try store.version(bucket, key: "copy") == nil)
        #expect(try found(store, bucket, "k").inline == [6])
    }

    @Test func `annotations get the data key of their version with it, or neither does`() async throws {
        let crash = try Crash()
        let store = try ObjectStore.open(
            "\(crash.directory.path)/drive", options: Drive.options { $0.faultHook = crash.hook })
        let bucket = try await store.makeBucket("bucket").id
        let (first, second) = (try store.dataKeyRow(), try store.dataKeyRow(wrapped: [7]))
        try await store.putInline(bucket, "k", [5], dataKey: first)
        let owner = try #require(try store.version(bucket, key: "k"))
        for name in ["a", "b"] { #expect(try await store.annotate(owner, name, [1], dataKey: first) == .done) }
        let rekeyed = { (annotations: [StoredVersion]) in annotations.map { RekeyedVersion($0, sealed: [3]) } }
        let present = try await store.annotations(of: owner.columns)
        let version = RekeyedVersion(owner, sealed: [4])
        for wrong in [[], rekeyed([present[0]]), rekeyed(present.reversed())] {
            #expect(
                try await store.rekey(version, annotations: wrong, under: second) == .changed(current: owner.sealed))
        }
        for point in [FaultPoint.rowsWritten, .committed] {
            crash.arm(point)
            if point == .rowsWritten {
                #expect(try await store.rekey(version, annotations: rekeyed(present), under: second) == .swapped)
            } else {
                let now = try #require(try store.version(bucket, key: "k"))
                let back = rekeyed(try await store.annotations(of: now.columns))
                let again = try await store.rekey(
                    RekeyedVersion(now, sealed: [8]), annotations: back, under: try store.dataKeyRow(wrapped: [9]))
                #expect(again == .swapped)
            }
            let recovered = try ObjectStore.open(try #require(crash.copy), options: Drive.options())
            let now = try #require(try recovered.version(bucket, key: "k"))
            let keys = try await recovered.annotations(of: now.columns).map(\.columns.dataKey) + [now.columns.dataKey]
            #expect(Set(keys).count == 1)
            #expect((now.columns.dataKey == first.id) == (point == .rowsWritten))
            let wrapped = try await recovered.dataKeys(after: nil, limit: 9).map(\.wrapped)
            #expect(wrapped == [point == .rowsWritten ? [1, 2] : [9]])
            #expect(try await recovered.verifyNoOrphans().isClean)
            recovered.close()
        }
        // One that was sealed under the key that its version had before is not stored.
        #expect(try await store.annotate(owner, "late", [1]) == .ownerChanged)
        let now = try #require(try store.version(bucket, key: "k"))
        #expect(try await store.annotate(now, "late", [1]) == .done)
    }
}
