import Cryptography
import Testing

@Suite struct MD5StreamTests {
    /// Bytes with an owner, as a stream wants them.
    private final class Message: Sendable {
        nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer

        init(count: Int, seed: Int) {
            bytes = .allocate(byteCount: count, alignment: 16)
            var state = UInt64(truncatingIfNeeded: seed &* 2 &+ 1)
            for index in 0..<count {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[index] = UInt8(truncatingIfNeeded: state >> 33)
            }
        }

        deinit { bytes.deallocate() }

        var digest: [UInt8] { Digest.hash(.md5, UnsafeRawBufferPointer(bytes)) }

        /// Digests it in pieces of the lengths given, over and over.
        func digest(by hasher: MD5Hasher, inPiecesOf lengths: [Int], settling: Int? = nil) async -> [UInt8] {
            let stream = MD5Stream(hasher)
            var position = 0
            var turn = 0
            while position < bytes.count {
                let end = min(bytes.count, position + lengths[turn % lengths.count])
                stream.append(UnsafeRawBufferPointer(rebasing: bytes[position..<end]), of: self)
                if let settling { await stream.settle(to: settling) }
                (position, turn) = (end, turn + 1)
            }
            return await stream.finalize()
        }
    }

    @Test(arguments: [4, 8, 16]) func `messages of every short length, one after the other`(_ lanes: Int) async {
        let hasher = MD5Hasher(widest: lanes)
        for count in 0...200 {
            let message = Message(count: count, seed: count)
            #expect(await message.digest(by: hasher, inPiecesOf: [count + 1]) == message.digest)
        }
    }

    @Test(arguments: [4, 8, 16]) func `many messages at once, in pieces of all kinds`(_ lanes: Int) async {
        let hasher = MD5Hasher(widest: lanes)
        let pieces = [[1], [63, 1], [64], [65], [100, 3, 4096], [1 << 20], [16_384, 0, 1], [7, 64, 128, 57]]
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<48 {
                let message = Message(count: number * 997 + number % 3, seed: number)
                group.addTask {
                    let digest = await message.digest(
                        by: hasher, inPiecesOf: pieces[number % pieces.count],
                        settling: number.isMultiple(of: 2) ? 1000 : nil)
                    return digest == message.digest
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    @Test func `bytes are let go when they have been digested`() async {
        weak var gone: Message?
        let stream = MD5Stream(MD5Hasher())
        do {
            let message = Message(count: 1 << 20, seed: 1)
            gone = message
            stream.append(UnsafeRawBufferPointer(message.bytes), of: message)
        }
        await stream.settle(to: 0)
        _ = await stream.finalize()
        #expect(gone == nil)
    }

    @Test func `a stream that nobody waits for ends by itself`() async {
        let hasher = MD5Hasher()
        let abandoned = Message(count: 1 << 20, seed: 1)
        do {
            let stream = MD5Stream(hasher)
            stream.append(UnsafeRawBufferPointer(abandoned.bytes), of: abandoned)
        }
        let message = Message(count: 100_000, seed: 2)
        #expect(await message.digest(by: hasher, inPiecesOf: [4096]) == message.digest)
    }
}
