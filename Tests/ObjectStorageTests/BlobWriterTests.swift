import ObjectStorage
import Testing

@Suite struct BlobWriterTests {
    /// Through the page cache and past it, with borders between blocks where they may fall.
    @Test(arguments: [1, 4095, 4096, 100_001, 1 << 20, 3 << 20, (3 << 20) + 17])
    func `a file has what was written, however much was gathered at a time`(length: Int) async throws {
        let drive = try await Drive.make()
        let bytes = pattern(length)
        for sizes in [[32 << 10], [1 << 20], [1, 5000, 1 << 20, 4096, 70_000]] {
            let writer = try drive.store.makeBlob(expectedLength: Int64(length))
            var done = 0
            var step = 0
            while done < length {
                writer.gather(upTo: sizes[step % sizes.count])
                step += 1
                let piece = Array(bytes[done..<min(done + 50_003, length)])
                try await writer.append(piece)
                done += piece.count
            }
            let blob = try await writer.finish()
            #expect(blob.length == Int64(length))
            #expect(try drive.store.readBlob(blob.id) == bytes)
            drive.store.discard(blob)
        }
    }

    @Test func `a block is no larger than was asked for`() async throws {
        let drive = try await Drive.make()
        let writer = try drive.store.makeBlob(expectedLength: 8 << 20)
        writer.gather(upTo: 32 << 10)
        #expect(writer.freeSpace.count == 32 << 10)
        writer.advance(100)
        writer.gather(upTo: 1)
        #expect(writer.freeSpace.count == 4096 - 100)
        writer.gather(upTo: 64 << 20)
        #expect(writer.freeSpace.count == (1 << 20) - 100)
    }
}
