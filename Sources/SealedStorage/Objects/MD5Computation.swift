import Cryptography
package import NIOCore
import Synchronization

/// The MD5 of a body: computed as its bytes come where the way to another thread and back would cost more than it spares,
/// else on the thread that digests many at once.
///
/// One task at a time uses it.
package final class MD5Computation: Sendable {
    private enum Work {
        case atOnce(Digest)
        case beside(MD5Stream)
    }

    /// Bytes of a body that has fewer than ``fewestOthers`` beside it: digested while it is sealed and written.
    private static let leastAlone: Int64 = 4 << 20
    /// Bytes of a body that has: they share the lanes.
    private static let leastTogether: Int64 = 64 << 10
    private static let fewestOthers = 2
    /// Bodies under way of ``leastTogether`` bytes or more.
    private static let underWay = Atomic(0)

    private let work: Work
    private let isCounted: Bool

    package init(ofBytes length: Int64) {
        isCounted = length >= Self.leastTogether
        let others = isCounted ? Self.underWay.add(1, ordering: .relaxed).oldValue : 0
        let isBeside = length >= Self.leastAlone || isCounted && others >= Self.fewestOthers
        work = isBeside ? .beside(MD5Stream()) : .atOnce(Digest(.md5))
    }

    deinit { if isCounted { Self.underWay.subtract(1, ordering: .relaxed) } }

    package func update(_ bytes: ByteBuffer) {
        switch work {
        case .atOnce(let digest): bytes.withUnsafeReadableBytes { digest.update($0) }
        case .beside(let stream):
            // Whoever writes to the buffer meanwhile writes to a copy: its memory has a second owner.
            bytes.withUnsafeReadableBytesWithStorageManagement { stream.append($0, of: $1.takeUnretainedValue()) }
        }
    }

    /// Waits until no more than so many bytes wait for being digested.
    package func settle(to bytes: Int) async {
        switch work {
        case .atOnce: break
        case .beside(let stream): await stream.settle(to: bytes)
        }
    }

    /// The digest, 16 bytes; to be called once.
    package func finalize() async -> [UInt8] {
        switch work {
        case .atOnce(let digest): digest.finalize()
        case .beside(let stream): await stream.finalize()
        }
    }
}
