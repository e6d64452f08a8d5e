import Glibc
import ObjectStorage
import TestSupport
import Testing

/// A small file system in memory, for tests that fill it; needs root.
final class SmallDevice: Sendable {
    let directory: TemporaryDirectory

    init?(megabytes: Int) throws {
        directory = try TemporaryDirectory()
        guard geteuid() == 0,
            mount("none", directory.path, "tmpfs", 0, "size=\(megabytes)m") == 0
        else { return nil }
    }

    deinit { umount2(directory.path, Int32(MNT_DETACH)) }

    /// Takes all room that is left, as another program would.
    func fill() {
        let descriptor = open("\(directory.path)/filler", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        var block = 1 << 20
        let bytes = [UInt8](repeating: 0, count: block)
        while block > 0 {
            if bytes.withUnsafeBytes({ write(descriptor, $0.baseAddress, block) }) <= 0 { block /= 2 }
        }
        close(descriptor)
    }

    func removeFiller() {
        unlink("\(directory.path)/filler")
    }
}

@Suite(.serialized) struct FullDeviceTests {
    static let canMount = geteuid() == 0

    private func open(_ device: SmallDevice) throws -> ObjectStore {
        try ObjectStore.open(
            "\(device.directory.path)/drive",
            options: Drive.options {
                $0.reservedSpace = 8 << 20
                $0.ballastSize = 4 << 20
            })
    }

    @Test(.enabled(if: canMount, "mounting a small file system needs root"))
    func `new objects are refused, deletes make room, and new objects fit again`() async throws {
        guard let device = try SmallDevice(megabytes: 96) else { return }
        let store = try open(device)
        let bucket = try await store.makeBucket("bucket").id
        for (name, size) in [("inline", 30_000), ("file", 2_000_000)] {
            var stored = 0
            var refusal: StorageError?
            while refusal == nil, stored < 10_000 {
                do {
                    if size > store.inlineLimit {
                        try await store.putFile(bucket, "\(name)\(stored)", pattern(size))
                    } else {
                        try await store.putInline(bucket, "\(name)\(stored)", pattern(size))
                    }
                    stored += 1
                } catch { refusal = error as? StorageError }
            }
            #expect(refusal == .diskFull)
            #expect(stored * size > 20 << 20)
            #expect(try store.body(bucket, "\(name)0") == pattern(size))
            for index in 0..<stored { _ = try await store.delete(bucket, key: "\(name)\(index)") }
            await store.collectGarbage()
            // What rows took comes back to the device while the committer is idle.
            for _ in 0..<100 where store.freeSpace().available < 40 << 20 {
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(store.freeSpace().available >= 40 << 20)
        }
        #expect(try await store.verifyNoOrphans().isClean)
        store.close()
    }

    @Test(.enabled(if: canMount, "mounting a small file system needs root"))
    func `with no byte left puts fail, and reads and deletes go on`() async throws {
        guard let device = try SmallDevice(megabytes: 64) else { return }
        let store = try open(device)
        let bucket = try await store.makeBucket("bucket").id
        for index in 0..<300 { try await store.putInline(bucket, "small\(index)", pattern(10_000)) }
        for index in 0..<5 { try await store.putFile(bucket, "large\(index)", pattern(1_200_000)) }
        let writer = try store.makeBlob(expectedLength: 4 << 20)
        device.fill()
        // The idle committer may give back what the log took.
        try await Task.sleep(for: .milliseconds(500))
        device.fill()

        await #expect(throws: StorageError.diskFull) {
            try await writer.append(pattern(4 << 20))
            _ = try await writer.finish()
        }
        writer.discard()
        #expect(throws: StorageError.diskFull) { try store.checkWritable() }
        await #expect(throws: StorageError.diskFull) { try await store.putInline(bucket, "new", pattern(10_000)) }
        #expect(try store.body(bucket, "small7") == pattern(10_000))
        for index in 0..<300 { _ = try await store.delete(bucket, key: "small\(index)") }
        for index in 0..<5 { _ = try await store.delete(bucket, key: "large\(index)") }
        await store.collectGarbage()
        device.removeFiller()
        for _ in 0..<100 {
            if (try? store.checkWritable()) != nil { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        try await store.putInline(bucket, "new", pattern(10_000))
        #expect(try await store.verifyNoOrphans().isClean)
        store.close()
        let again = try open(device)
        #expect(try await again.keys(bucket) == ["new"])
        again.close()
    }
}
