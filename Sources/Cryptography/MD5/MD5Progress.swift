/// How far a message has come, piece by piece and block by block.
struct MD5Progress {
    static let blockBytes = 64

    /// A, B, C and D of RFC 1321.
    var words: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476]
    private(set) var piece: MD5Piece?
    /// Bytes of the piece that were taken.
    private var taken = 0
    /// The bytes behind the last whole block, where pieces do not end with one.
    private let rest = UnsafeMutableRawBufferPointer.allocate(byteCount: blockBytes, alignment: 16)
    private var restBytes = 0
    /// What comes next, and lies together: so many blocks.
    private(set) var run: (start: UnsafePointer<UInt8>, blocks: Int)?

    mutating func begin(_ piece: MD5Piece) {
        self.piece = piece
        taken = 0
    }

    /// Gives back the piece, of which nothing is left.
    mutating func takePiece() -> MD5Piece? {
        defer { piece = nil }
        return piece
    }

    /// Looks for what comes next: nothing when less than a block is left of the piece, which is kept for the next one.
    mutating func prepare() {
        guard run == nil, let bytes = piece?.bytes else { return }
        if restBytes > 0 || bytes.count - taken < Self.blockBytes {
            let count = min(Self.blockBytes - restBytes, bytes.count - taken)
            UnsafeMutableRawBufferPointer(rebasing: rest[restBytes...])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[taken..<(taken + count)]))
            restBytes += count
            taken += count
            guard restBytes == Self.blockBytes else { return }
            restBytes = 0
            run = Self.run(UnsafeRawBufferPointer(rest), blocks: 1)
        } else {
            let blocks = (bytes.count - taken) / Self.blockBytes
            run = Self.run(UnsafeRawBufferPointer(rebasing: bytes[taken...]), blocks: blocks)
            taken += blocks * Self.blockBytes
        }
    }

    /// So many blocks of the run have been digested.
    mutating func advance(_ blocks: Int) {
        guard let (start, left) = run else { return }
        run = left > blocks ? (start + blocks * Self.blockBytes, left - blocks) : nil
    }

    /// Whether the piece has been digested, or kept.
    var isExhausted: Bool { run == nil && piece.map { taken == $0.bytes.count } ?? true }

    var digest: [UInt8] {
        words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) } }
    }

    func end() { rest.deallocate() }

    private static func run(
        _ bytes: UnsafeRawBufferPointer, blocks: Int
    ) -> (start: UnsafePointer<UInt8>, blocks: Int)? {
        bytes.baseAddress.map { ($0.assumingMemoryBound(to: UInt8.self), blocks) }
    }
}
