import Cryptography
import NIOCore
import ObjectStorage
import S3Protocol

/// The bytes of a stored object, or of a slice of it, on their way into another object or part.
///
/// Each package was authenticated before its bytes are given out, and there is nothing else to verify.
final class StoredBytes: ByteSource, @unchecked Sendable {
    // Unchecked: owned by the one task that copies.

    /// Bytes that are opened and digested before they are sealed again.
    private static let block = 256 << 10
    /// The most bytes that a copy has in memory: a block, what of it is sealed, and the two buffers of the file's writer.
    static let memory = 4 * block

    private let body: ObjectBody
    private let store: ObjectStore
    private var md5Digest: MD5Computation?
    private var calculator: S3ChecksumCalculator?

    private(set) var md5: [UInt8]?
    private(set) var checksum: S3Checksum?

    /// - Parameter algorithm: of the checksum that is to be computed, `nil` for none.
    init(_ body: ObjectBody, _ algorithm: S3ChecksumAlgorithm?, store: ObjectStore) {
        self.body = body
        self.store = store
        checksumAlgorithm = algorithm
        calculator = algorithm.map { S3ChecksumCalculator($0) }
    }

    var length: Int64 { body.length }
    var blockBytes: Int { Self.block }
    let checksumAlgorithm: S3ChecksumAlgorithm?

    func computeMD5() {
        if md5Digest == nil { md5Digest = MD5Computation(ofBytes: length) }
    }

    func next() async throws -> ByteBuffer? {
        while true {
            // Nobody reads from the client meanwhile: that it is gone is known by this alone.
            try Task.checkCancellation()
            guard let bytes = try await body.next(upTo: Self.block) else {
                await finish()
                return nil
            }
            // An empty object has a package, too.
            guard bytes.readableBytes > 0 else { continue }
            try await digest(bytes)
            return bytes
        }
    }

    private func digest(_ bytes: ByteBuffer) async throws {
        md5Digest?.update(bytes)
        // That takes some of a block's millisecond, which no event loop has.
        if calculator != nil {
            try await store.offload { [self] in bytes.withUnsafeReadableBytes { calculator?.update($0) } }
        }
        await md5Digest?.settle(to: Self.block)
    }

    private func finish() async {
        if let digest = md5Digest {
            md5 = await digest.finalize()
            md5Digest = nil
        }
        if let calculator {
            checksum = calculator.finalize()
            self.calculator = nil
        }
    }
}
