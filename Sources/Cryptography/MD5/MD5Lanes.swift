import CLinux

/// The lanes of a vector, each with the words of one message.
package struct MD5Lanes: ~Copyable {
    package static let greatestCount = Int(COFFER_MD5_LANES)

    /// 16 KiB of each message: some 30 microseconds.
    private static let blocksAStep = 256

    /// How many messages are digested at once.
    let count: Int
    private var words = [UInt32](repeating: 0, count: 4 * greatestCount)
    private var data = [UnsafePointer<UInt8>?](repeating: nil, count: greatestCount)

    /// - Parameter widest: of 4, 8 or 16 lanes; the processor may have fewer.
    init(widest: Int) {
        count = Int(coffer_md5_lanes(Int32(widest)))
    }

    /// Takes all streams that have a block on by as many blocks as each of them has, but not by many.
    mutating func step(_ all: [MD5Stream]) {
        for stream in all { stream.progress.prepare() }
        let streams = all.filter { $0.progress.run != nil }
        guard let first = streams.first?.progress.run else { return }
        let blocks = streams.reduce(Self.blocksAStep) { min($0, $1.progress.run?.blocks ?? 0) }
        for lane in 0..<count {
            // A lane without a message does the first one's work once more.
            data[lane] = lane < streams.count ? streams[lane].progress.run?.start : first.start
            guard lane < streams.count else { continue }
            for word in 0..<4 { words[word * Self.greatestCount + lane] = streams[lane].progress.words[word] }
        }
        // Alone, a message is faster without a vector.
        coffer_md5_blocks(streams.count == 1 ? 1 : Int32(count), &words, data, blocks)
        for (lane, stream) in streams.enumerated() {
            for word in 0..<4 { stream.progress.words[word] = words[word * Self.greatestCount + lane] }
            stream.progress.advance(blocks)
        }
    }
}
