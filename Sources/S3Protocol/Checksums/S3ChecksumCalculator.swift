import Cryptography

/// Computes one checksum over a body that arrives in pieces.
///
/// `@unchecked Sendable`: it moves from task to task with the body, but is never used from two at once.
package final class S3ChecksumCalculator: @unchecked Sendable {
    private enum State {
        case cyclic(Checksum)
        case digest(Digest)
        case hash(XXHash)
    }

    package let algorithm: S3ChecksumAlgorithm
    private var state: State

    package init(_ algorithm: S3ChecksumAlgorithm) {
        self.algorithm = algorithm
        state =
            switch algorithm {
            case .crc32: .cyclic(Checksum(.crc32))
            case .crc32c: .cyclic(Checksum(.crc32c))
            case .crc64nvme: .cyclic(Checksum(.crc64nvme))
            case .sha1: .digest(Digest(.sha1))
            case .sha256: .digest(Digest(.sha256))
            case .sha512: .digest(Digest(.sha512))
            case .md5: .digest(Digest(.md5))
            case .xxhash64: .hash(XXHash(.xxh64))
            case .xxhash3: .hash(XXHash(.xxh3))
            case .xxhash128: .hash(XXHash(.xxh128))
            }
    }

    package func update(_ bytes: UnsafeRawBufferPointer) {
        switch state {
        case .cyclic(var checksum):
            checksum.update(bytes)
            state = .cyclic(checksum)
        case .digest(let digest):
            digest.update(bytes)
        case .hash(let hash):
            hash.update(bytes)
        }
    }

    /// The checksum of everything seen; nothing can be added afterwards.
    package func finalize() -> S3Checksum {
        switch state {
        case .cyclic(let checksum): S3Checksum(algorithm, bytes: checksum.bigEndianBytes)
        case .digest(let digest): S3Checksum(algorithm, bytes: digest.finalize())
        case .hash(let hash): S3Checksum(algorithm, bytes: hash.bigEndianBytes)
        }
    }

    /// The checksum of one message.
    package static func of(_ bytes: [UInt8], _ algorithm: S3ChecksumAlgorithm) -> S3Checksum {
        let calculator = S3ChecksumCalculator(algorithm)
        bytes.withUnsafeBytes { calculator.update($0) }
        return calculator.finalize()
    }
}
