import NIOCore

/// How large the buffers of one connection's bodies may be: small until its peer has shown that it keeps up.
enum TransferPace: Comparable {
    case unproven, steady, fast

    /// What a body under way takes of the ``BodyBudget``.
    ///
    /// A response: what is queued up to `highWaterBytes`, one block above that, and from `steady` on one that waits and
    /// one that is being made. A request: one receive buffer and two blocks that its handler gathers.
    var shareBytes: Int {
        switch self {
        case .unproven: 64 * 1024
        case .steady: 1024 * 1024
        case .fast: 3584 * 1024
        }
    }

    /// The same for a body of at most `length` bytes: of a short one there is twice its length at most, as it came or was
    /// read, and as it goes on.
    func shareBytes(ofBodyUpTo length: Int64) -> Int {
        min(shareBytes, max(Self.unproven.shareBytes, 2 * Int(min(length, Int64(shareBytes)))))
    }

    /// Of a response, for one `write`.
    var responseBlockBytes: Int {
        switch self {
        case .unproven: 64 * 1024
        case .steady: 128 * 1024
        case .fast: 512 * 1024
        }
    }

    /// Of a request's body that a handler should gather before it passes them on.
    var requestBlockBytes: Int {
        switch self {
        case .unproven: 32 * 1024
        case .steady: 256 * 1024
        case .fast: 1024 * 1024
        }
    }

    /// A response's `write` waits while more than `high` bytes wait for the client, until fewer than `low` do.
    var waterMark: ChannelOptions.Types.WriteBufferWaterMark {
        switch self {
        case .unproven: .init(low: 1, high: 32 * 1024)
        case .steady: .init(low: 256 * 1024, high: 512 * 1024)
        case .fast: .init(low: HTTPServer.writeLowWaterBytes, high: HTTPServer.writeHighWaterBytes)
        }
    }

    /// Bytes that the kernel takes ahead of what the peer's window lets it send.
    ///
    /// What is beyond waits here, where it is counted. Other than a send buffer of fixed size this leaves the bytes that
    /// are on their way, and with them the rate over long distances, to TCP.
    var unsentInKernel: Int {
        switch self {
        case .unproven: 64 * 1024
        case .steady: 256 * 1024
        case .fast: 1024 * 1024
        }
    }

    /// The receive buffers of a connection whose bodies have `length` bytes at most.
    ///
    /// No larger than the longest body, which is what the share has room for, whatever else its peer sends.
    func receiveBuffers(ofBodyUpTo length: Int64 = .max) -> ReceiveBuffers {
        switch self {
        case .unproven: ReceiveBuffers(initial: 16 * 1024, maximum: ReceiveBuffers.pooledBytes)
        case .steady: ReceiveBuffers(initial: 64 * 1024, maximum: 256 * 1024, upTo: length)
        case .fast: ReceiveBuffers(initial: 256 * 1024, maximum: HTTPServer.receiveBufferBytes, upTo: length)
        }
    }

    /// So many bytes within ``proofTime``, acknowledged or received, are the proof for the next pace.
    ///
    /// More than the kernel of a peer that reads nothing usually takes.
    var proofBytes: Int? {
        switch self {
        case .unproven: 256 * 1024
        case .steady: 1024 * 1024
        case .fast: nil
        }
    }

    static let proofTime = TimeAmount.milliseconds(500)

    var faster: TransferPace {
        switch self {
        case .unproven: .steady
        case .steady, .fast: .fast
        }
    }

    var slower: TransferPace {
        switch self {
        case .unproven, .steady: .unproven
        case .fast: .steady
        }
    }
}

/// Sizes of a connection's receive buffers: larger when they are filled, smaller when they are not.
///
/// A channel keeps its first buffer for as long as it lives. So only small ones are offered to be kept; a large one is
/// free as soon as its bytes have been taken.
struct ReceiveBuffers: RecvByteBufferAllocator {
    static let pooledBytes = 32 * 1024

    private var sizes: AdaptiveRecvByteBufferAllocator

    /// - Parameter limit: bytes that no buffer has more of, rounded down to a power of two, but for those that are kept.
    init(initial: Int, maximum: Int, upTo limit: Int64 = .max) {
        let limit = max(Self.pooledBytes, Int(min(limit, Int64(maximum))))
        let maximum = 1 << (Int.bitWidth - 1 - limit.leadingZeroBitCount)
        sizes = AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: min(initial, maximum), maximum: maximum)
    }

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer { sizes.buffer(allocator: allocator) }

    func nextBufferSize() -> Int? {
        sizes.nextBufferSize().flatMap { $0 <= Self.pooledBytes ? $0 : nil }
    }

    mutating func record(actualReadBytes: Int) -> Bool {
        let mayGrow = sizes.record(actualReadBytes: actualReadBytes)
        // Where no size is told, this keeps the channel from using its first buffer again.
        return mayGrow || nextBufferSize() == nil
    }
}
