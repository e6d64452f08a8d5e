import Glibc
import ObjectStorage
import TestSupport
import Testing

/// Going through all rows and files, as a verification does.
@Suite struct WalkTests {
    private func walk(_ store: ObjectStore, limit: Int, bytes: Int = 1 << 20) async throws -> [WalkedVersion] {
        let end = try await store.greatestVersionRow()
        var (all, last): ([WalkedVersion], Int64) = ([], 0)
        while last < end {
            let page = try await store.walkVersions(after: last, upTo: end, limit: limit, bytes: bytes)
            all += page
            last = page.last?.row ?? end
        }
        return all
    }

    @Test(arguments: [1, 3, 100]) func `every version is met once, with its body`(limit: Int) async throws {
        let drive = try await Drive.make()
        for number in 0..<10 {
            try await drive.store.putInline(drive.bucket, "inline-\(number)", [UInt8](repeating: 7, count: number))
            try await drive.store.putFile(drive.bucket, "file-\(number)", [1, 2, 3])
        }
        let met = try await walk(drive.store, limit: limit)
        #expect(Set(met.map(\.found.version.columns.key)).count == 20 && met.count == 20)
        #expect(met.allSatisfy { $0.isIndexed && $0.isFirstOwner })
        for version in met {
            switch version.found.version.columns.body {
            case .inline: #expect(version.found.inline?.count == Int(version.found.version.columns.size))
            default: #expect(version.found.lease != nil)
            }
        }
    }

    @Test func `a page ends at its bytes, and has one row at least`() async throws {
        let drive = try await Drive.make()
        for number in 0..<5 {
            try await drive.store.putInline(drive.bucket, "\(number)", [UInt8](repeating: 7, count: 1000))
        }
        let end = try await drive.store.greatestVersionRow()
        #expect(try await drive.store.walkVersions(after: 0, upTo: end, limit: 100, bytes: 1).count == 1)
        #expect(try await drive.store.walkVersions(after: 0, upTo: end, limit: 100, bytes: 2500).count == 3)
    }

    @Test func `what was met keeps its file until it is let go of`() async throws {
        let drive = try await Drive.make()
        let blob = try #require(try await drive.store.putFile(drive.bucket, "k", [1, 2, 3]).blob)
        let met = try await walk(drive.store, limit: 10)
        _ = try await drive.store.delete(drive.bucket, key: "k", version: .current)
        await drive.store.collectGarbage()
        #expect(try drive.store.readBlob(blob) == [1, 2, 3])
        met.first?.found.lease?.release()
        await drive.store.collectGarbage()
        #expect(throws: StorageError.blobMissing(blob)) { try drive.store.openBlob(blob) }
    }

    @Test func `counts agree with the rows, whatever came and went`() async throws {
        let drive = try await Drive.make()
        let key = try drive.store.dataKeyRow()
        for number in 0..<5 { try await drive.store.putInline(drive.bucket, "\(number)", dataKey: key) }
        _ = try await drive.store.delete(drive.bucket, key: "3", version: .current)
        let check = try await drive.store.checkCounts()
        #expect(check.dataKeys.isEmpty && check.usage.isEmpty && check.leftovers.isEmpty)
        #expect(try await drive.store.checkStructure() == [])
    }

    @Test func `a file that no row refers to is told, and one that is being written is not`() async throws {
        let drive = try await Drive.make()
        try await drive.store.putFile(drive.bucket, "k", [1, 2, 3])
        let waiting = try await drive.store.writeBlob([4, 5, 6])
        let directory = try #require(try await drive.store.blobDirectories().first)
        let before = try await drive.store.checkFiles(in: directory)
        #expect(before.count == 2 && before.unreferred.isEmpty)
        let known = drive.store.path(of: waiting.id)
        let stray = known.dropLast(16) + "0000000000000fff"
        #expect(link(known, String(stray)) == 0)
        let after = try await drive.store.checkFiles(in: directory)
        #expect(after.count == 3 && after.unreferred.map(\.hex) == [waiting.id.hex.prefix(16) + "0000000000000fff"])
    }
}
