import Threading

/// The MD5 of one message whose bytes are digested on a thread of their own, together with those of other messages.
///
/// The steps of one message wait for each other; a vector takes up to 16 messages through them in the time of one. So who
/// uploads many objects gives their bytes here, and goes on with sealing, writing and receiving.
///
/// One task at a time uses it. `@unchecked Sendable`: what it keeps is touched under the hasher's lock, or by the hasher's
/// thread alone.
package final class MD5Stream: @unchecked Sendable {
    private let hasher: MD5Hasher
    /// Bytes given so far.
    private var length: UInt64 = 0
    /// Under the hasher's lock.
    var backlog = MD5Backlog()
    /// The hasher's thread's, while the backlog says that it is scheduled.
    var progress = MD5Progress()

    package init(_ hasher: MD5Hasher = .shared) {
        self.hasher = hasher
    }

    deinit { progress.end() }

    /// Goes on with `bytes`, which `owner` holds, and which nobody changes until they have been digested.
    package func append(_ bytes: UnsafeRawBufferPointer, of owner: AnyObject) {
        guard !bytes.isEmpty else { return }
        length += UInt64(bytes.count)
        hasher.add(MD5Piece(bytes: bytes, owner: owner), to: self)
    }

    /// Waits until no more than so many of the bytes given have still to be digested.
    package func settle(to bytes: Int) async { await hasher.wait(for: self, bytes) }

    /// The digest of everything given, 16 bytes; nothing can be added afterwards.
    package func finalize() async -> [UInt8] {
        let padding = MD5Padding(of: length)
        hasher.add(MD5Piece(bytes: UnsafeRawBufferPointer(padding.bytes), owner: padding), to: self)
        await settle(to: 0)
        return progress.digest
    }
}

/// Bytes that stay where they are as long as their owner is there.
struct MD5Piece {
    let bytes: UnsafeRawBufferPointer
    let owner: AnyObject
}

/// What a stream was given and what became of it.
struct MD5Backlog {
    var pieces = FIFOQueue<MD5Piece>()
    /// Bytes of all pieces that have not been digested.
    var bytes = 0
    /// Whether the hasher has the stream in its queue or in a lane.
    var isScheduled = false
    /// Who waits until no more than so many bytes are left.
    var waiter: (bytes: Int, continuation: CheckedContinuation<Void, Never>)?

    /// Counts a piece as digested, and gives whoever has waited for that.
    mutating func finish(_ piece: MD5Piece) -> CheckedContinuation<Void, Never>? {
        bytes -= piece.bytes.count
        guard let waiter, bytes <= waiter.bytes else { return nil }
        self.waiter = nil
        return waiter.continuation
    }
}

/// What a message ends with: one bit, zeros up to a whole block, and its length in bits (RFC 1321 §3.1, §3.2).
private final class MD5Padding {
    let bytes: UnsafeMutableRawBufferPointer

    init(of length: UInt64) {
        let used = Int(length % 64)
        bytes = .allocate(byteCount: (used < 56 ? 64 : 128) - used, alignment: 16)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        bytes[0] = 0x80
        bytes.storeBytes(of: (length &* 8).littleEndian, toByteOffset: bytes.count - 8, as: UInt64.self)
    }

    deinit { bytes.deallocate() }
}
