import Glibc
import ObjectStorage
import TestSupport
import Testing

/// What a backup takes of a drive, and what becomes a drive again.
@Suite struct BackupCopyTests {
    @Test func `files stay for as long as somebody holds them, and go then`() async throws {
        let drive = try await Drive.make()
        let blob = try #require(try await drive.store.putFile(drive.bucket, "k", [1, 2, 3]).blob)
        let hold = drive.store.holdFiles()
        let second = drive.store.holdFiles()
        _ = try await drive.store.delete(drive.bucket, key: "k", version: .current)
        await drive.store.collectGarbage()
        #expect(try drive.store.readBlob(blob) == [1, 2, 3])
        hold.release()
        hold.release()
        await drive.store.collectGarbage()
        #expect(try drive.store.readBlob(blob) == [1, 2, 3], "the other one still holds them")
        second.release()
        await drive.store.collectGarbage()
        #expect(throws: StorageError.blobMissing(blob)) { try drive.store.openBlob(blob) }
    }

    @Test func `a copy of the catalogue is that of one moment, and names what it refers to`() async throws {
        let drive = try await Drive.make()
        var blobs: Set<String> = []
        for number in 0..<7 {
            blobs.insert(try #require(try await drive.store.putFile(drive.bucket, "\(number)", [1, 2, 3]).blob).hex)
        }
        let upload = try await drive.store.createUpload(drive.bucket, "parts")
        blobs.insert(try await drive.store.putPart(upload, 1, [4]).blob.hex)
        let copy = try await drive.store.copyCatalogue()
        let later = try #require(try await drive.store.putFile(drive.bucket, "later", [1, 2, 3]).blob)
        let snapshot = try CatalogueSnapshot(copy)
        var (met, last): (Set<String>, BlobID?) = ([], nil)
        while true {
            let page = try snapshot.blobs(after: last, limit: 3)
            guard let end = page.last else { break }
            met.formUnion(page.map(\.hex))
            last = end
        }
        #expect(met == blobs && !met.contains(later.hex))
        #expect(try snapshot.blobCount() == 8)
        let place = snapshot.relativePath(of: later).split(separator: "/").map(String.init)
        #expect(drive.store.path(of: later).hasSuffix("/blobs/" + place.joined(separator: "/")))
        let names = [String(later.hex.suffix(16))] + blobs.map { String($0.suffix(16)) }
        #expect(try snapshot.referred(among: names, in: place[0]) == Set(blobs.map { String($0.suffix(16)) }))
    }

    @Test func `a copy that a crash has left is gone after a start`() async throws {
        let drive = try await Drive.make()
        let copy = try await drive.store.copyCatalogue()
        drive.store.close()
        #expect(access(copy, F_OK) == 0)
        let store = try drive.reopen()
        defer { store.close() }
        #expect(access(copy, F_OK) != 0)
    }

    @Test func `a drive is refused until its restoring has come to its end, and counts its runs anew then`()
        async throws
    {
        let drive = try await Drive.make()
        try await drive.store.putInline(drive.bucket, "k")
        let copy = try await drive.store.copyCatalogue()
        let home = "\(drive.directory.path)/home"
        let restoration = try DriveRestoration(in: home)
        #expect(throws: StorageError.self) { try ObjectStore.open(home, options: Drive.options()) }
        try CatalogueSnapshot.separate(copy)
        #expect(rename(copy, restoration.catalogue) == 0)
        #expect(throws: StorageError.self) { try ObjectStore.open(home, options: Drive.options()) }
        // Gone on with.
        try DriveRestoration(in: home).finish(format: FormerCatalogue.newest)
        let store = try ObjectStore.open(home, options: Drive.options())
        defer { store.close() }
        #expect(try store.body(drive.bucket, "k") == [1])
        #expect(store.epoch > drive.store.epoch)
        #expect(throws: StorageError.self) { try DriveRestoration(in: drive.path) }
    }

    @Test func `a drive of a former format is left alone by who does not raise it`() async throws {
        let drive = try await Drive.make()
        drive.store.close()
        let format = "\(drive.path)/format"
        let file = try #require(fopen(format, "w"))
        fputs("coffer drive 5\n", file)
        fclose(file)
        #expect(throws: StorageError.self) {
            try ObjectStore.open(drive.path, options: Drive.options { $0.raisesFormat = false })
        }
        let text = try #require(fopen(format, "r"))
        defer { fclose(text) }
        var line = [CChar](repeating: 0, count: 64)
        #expect(fgets(&line, 64, text) != nil && strcmp(line, "coffer drive 5\n") == 0)
    }
}
