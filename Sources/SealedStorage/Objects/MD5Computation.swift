package import Cryptography
package import NIOCore

/// The MD5 of a body: computed as its bytes come where they are few, else on the thread that digests many at once.
package enum MD5Computation: Sendable {
    case atOnce(Digest)
    case beside(MD5Stream)

    /// From so many bytes on the way to another thread and back costs less than it spares.
    private static let leastBeside: Int64 = 64 << 10

    package init(ofBytes length: Int64) {
        self = length < Self.leastBeside ? .atOnce(Digest(.md5)) : .beside(MD5Stream())
    }

    package func update(_ bytes: ByteBuffer) {
        switch self {
        case .atOnce(let digest): bytes.withUnsafeReadableBytes { digest.update($0) }
        case .beside(let stream):
            // Whoever writes to the buffer meanwhile writes to a copy: its memory has a second owner.
            bytes.withUnsafeReadableBytesWithStorageManagement { stream.append($0, of: $1.takeUnretainedValue()) }
        }
    }

    /// Waits until no more than so many bytes wait for being digested.
    package func settle(to bytes: Int) async {
        switch self {
        case .atOnce: break
        case .beside(let stream): await stream.settle(to: bytes)
        }
    }

    /// The digest, 16 bytes; to be called once.
    package func finalize() async -> [UInt8] {
        switch self {
        case .atOnce(let digest): digest.finalize()
        case .beside(let stream): await stream.finalize()
        }
    }
}
