import Glibc
import ObjectStorage
import Synchronization
import TestSupport
import Testing

@Suite struct OpeningTests {
    private func write(_ text: String, to path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        _ = Array(text.utf8).withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
    }

    private func openingError(_ path: String) -> StorageError? {
        do {
            _ = try ObjectStore.open(path, options: Drive.options())
            return nil
        } catch { return error as StorageError }
    }

    @Test func `a drive that another store has open is refused`() async throws {
        let drive = try await Drive.make()
        #expect(openingError(drive.path) == .driveLocked(drive.path))
        drive.store.close()
        withExtendedLifetime(drive.store) {}
    }

    @Test func `a newer format is refused`() async throws {
        let directory = try TemporaryDirectory()
        write("coffer drive 9\n", to: "\(directory.path)/format")
        #expect(openingError(directory.path) == .newerFormat(found: 9, supported: 8))
    }

    @Test func `the name of a new drive is durable before the drive has a format`() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/drive"
        let synced = Mutex<[(path: String, hasFormat: Bool)]>([])
        let options = Drive.options { options in
            options.syncFault = { name in
                synced.withLock { $0.append((name, access("\(path)/format", F_OK) == 0)) }
                return name == directory.path ? EIO : nil
            }
        }
        #expect(throws: StorageError.syncFailed(operation: "fsync", errno: EIO)) {
            try ObjectStore.open(path, options: options)
        }
        #expect(synced.withLock { $0.contains { $0.path == directory.path && !$0.hasFormat } })
        // The next start does it again, because nothing says that it was done.
        #expect(access("\(path)/format", F_OK) != 0)
        #expect(throws: StorageError.syncFailed(operation: "fsync", errno: EIO)) {
            try ObjectStore.open(path, options: options)
        }
        _ = try ObjectStore.open(path, options: Drive.options())
    }

    @Test func `what cannot be a drive is refused in one line`() throws {
        let directory = try TemporaryDirectory()
        write("x", to: "\(directory.path)/file")
        for path in ["\(directory.path)/missing/drive", "\(directory.path)/file"] {
            let error = try #require(openingError(path))
            guard case .unusable(let reason) = error else {
                Issue.record("unexpected \(error)")
                continue
            }
            #expect(reason.contains(path) && !reason.contains("\n"))
        }
        write("something else", to: "\(directory.path)/format")
        #expect(openingError(directory.path) != nil)
    }

    @Test func `everything is there again after a reopening`() async throws {
        let drive = try await Drive.make()
        try await drive.store.putInline(drive.bucket, "small", pattern(3000))
        try await drive.store.putFile(drive.bucket, "large", pattern(2_000_000))
        drive.store.close()
        let again = try drive.reopen()
        #expect(try again.body(drive.bucket, "small") == pattern(3000))
        #expect(try again.body(drive.bucket, "large") == pattern(2_000_000))
        #expect(try await again.verifyNoOrphans().isClean)
        again.close()
        #expect(access("\(drive.path)/coffer.db-wal", F_OK) != 0)
    }

    @Test func `finished blobs without a row are gone after a close`() async throws {
        let drive = try await Drive.make()
        _ = try await drive.store.writeBlob(pattern(100))
        let dropped = try drive.store.makeBlob(expectedLength: 10)
        dropped.discard()
        drive.store.close()
        #expect(try await drive.reopen().verifyNoOrphans().isClean)
    }
}
