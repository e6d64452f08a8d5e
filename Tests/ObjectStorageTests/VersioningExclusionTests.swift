import ObjectStorage
import TestSupport
import Testing

/// Keys that have no versions though their bucket does.
@Suite struct VersioningExclusionTests {
    private func exclude(_ prefixes: [String], folders: Bool = false, _ drive: Drive) async throws {
        let row = try #require(try drive.store.buckets().first { $0.id == drive.bucket })
        let changed = BucketRow(
            id: row.id, name: row.name, created: row.created, versioning: .enabled,
            exclusions: VersioningExclusions(prefixes: prefixes, folders: folders), sealed: row.sealed)
        #expect(try await drive.store.updateBucket(changed, replacing: row.sealed) == .updated)
    }

    @Test(arguments: [
        (["tmp/"], false, ["tmp/", "tmp/a", "tmp/a/b"], ["tmp", "a/tmp/", "Tmp/a", ""]),
        (["*/_temporary/"], false, ["a/_temporary/x", "a/b/_temporary/"], ["_temporary/x", "a/_temporaryx"]),
        (["a*b*c"], false, ["abc", "aXbXcX", "abbcc"], ["acb", "ab", "xabc"]),
        (["?"], false, ["?x"], ["ax"]), (["\u{E9}"], false, ["\u{E9}x"], ["e\u{301}x"]),
        ([], true, ["a/", "a/b/", "/"], ["a", "a/b", ""]),
        (["x", "y"], true, ["xa", "ya", "z/"], ["z"]),
    ])
    func `a key is excluded by what it begins with, or by its end`(
        prefixes: [String], folders: Bool, excluded: [String], others: [String]
    ) throws {
        let exclusions = try #require(VersioningExclusions(prefixes: prefixes, folders: folders))
        let rule = VersioningRule(.enabled, except: exclusions)
        for key in excluded { #expect(rule.writesNullVersion(of: key), "\(key)") }
        for key in others { #expect(!rule.writesNullVersion(of: key), "\(key)") }
        #expect(VersioningRule(.locked, except: exclusions).exclusions == nil)
    }

    @Test func `what excludes nothing is nothing`() {
        #expect(VersioningExclusions(prefixes: [], folders: false) == nil)
        #expect(
            VersioningExclusions(prefixes: ["\u{E9}"], folders: false)
                != VersioningExclusions(prefixes: ["e\u{301}"], folders: false))
    }

    @Test func `writes of excluded keys replace their null version, others add one, also after a start`() async throws {
        let drive = try await Drive.make()
        try await exclude(["tmp/", "log-*/x"], folders: true, drive)
        drive.store.close()
        let store = try drive.reopen()
        let row = try #require(try store.buckets().first)
        #expect(row.exclusions?.prefixes == ["tmp/", "log-*/x"] && row.exclusions?.folders == true)
        for key in ["tmp/a", "log-7/x9", "folder/"] {
            await #expect(throws: Refused.self) { try await store.putInline(drive.bucket, key, flags: []) }
            for byte in [UInt8(1), 2] { try await store.putInline(drive.bucket, key, [byte]) }
            #expect(try store.body(drive.bucket, key) == [2])
        }
        await #expect(throws: Refused.self) { try await store.putInline(drive.bucket, "kept") }
        for byte in [UInt8(1), 2] { try await store.putInline(drive.bucket, "kept", [byte], flags: []) }
        #expect(try store.usageAtHand(of: drive.bucket).versions == 5)
        // A delete marker takes the place of the null version, as it does where versioning is suspended.
        let columns = store.columns(
            drive.bucket, "tmp/a", body: .none, size: 0, flags: [.nullVersion, .deleteMarker])
        let marker = NewVersion(columns: columns, sealed: [], body: .none, dataKey: nil)
        #expect(try await store.delete(drive.bucket, [Deletion(key: "tmp/a", .marker(marker))]) == [.marked])
        #expect(
            try store.usageAtHand(of: drive.bucket)
                == BucketUsage(bytes: 4, objects: 3, versions: 4, deleteMarkers: 1))
    }

    @Test func `a write that began under other exclusions is told of the present ones`() async throws {
        let drive = try await Drive.make()
        try await exclude(["tmp/"], drive)
        try await drive.store.putInline(drive.bucket, "tmp/a", [1])
        try await exclude([], drive)
        // It would have replaced what is to be kept from now on.
        do {
            try await drive.store.putInline(drive.bucket, "tmp/a", [2])
            Issue.record("a null version was written")
        } catch let refused as Refused {
            #expect(refused.outcome == .versioningChanged(VersioningRule(.enabled)))
        }
        try await drive.store.putInline(drive.bucket, "tmp/a", [2], flags: [])
        #expect(try drive.store.usageAtHand(of: drive.bucket).versions == 2)
    }
}
