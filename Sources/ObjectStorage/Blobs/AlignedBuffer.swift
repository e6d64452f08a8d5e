import Glibc
import Synchronization

/// Memory on a border of 4 KiB, as writes past the page cache need it.
///
/// Owned by one writer at a time.
final class AlignedBuffer: @unchecked Sendable {
    static let alignment = 4096

    let bytes: UnsafeMutableRawBufferPointer

    /// The capacity is rounded up to whole blocks.
    init(capacity: Int) {
        let blocks = max(1, (capacity + Self.alignment - 1) / Self.alignment)
        bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: blocks * Self.alignment, alignment: Self.alignment)
    }

    deinit { bytes.deallocate() }
}

/// Large buffers kept for the next writer: fresh ones cost a page fault for every 4 KiB.
final class BufferPool: Sendable {
    static let largeCapacity = 1 << 20
    private static let greatestKept = 32

    private let free = Mutex<[AlignedBuffer]>([])

    func take() -> AlignedBuffer {
        free.withLock { $0.popLast() } ?? AlignedBuffer(capacity: Self.largeCapacity)
    }

    func give(_ buffer: AlignedBuffer) {
        guard buffer.bytes.count == Self.largeCapacity else { return }
        free.withLock { free in
            if free.count < Self.greatestKept { free.append(buffer) }
        }
    }
}
