import CLinux

/// The fast hashes of S3's flexible checksums that are neither cyclic checks nor digests; seed 0.
package enum XXHashAlgorithm: Sendable, CaseIterable {
    case xxh64, xxh3, xxh128

    /// Size of a hash in bytes.
    package var byteCount: Int {
        switch self {
        case .xxh64, .xxh3: 8
        case .xxh128: 16
        }
    }
}

/// An incremental hash.
///
/// `@unchecked Sendable`: it moves from task to task with the body it hashes, but is never used from two at once.
package final class XXHash: @unchecked Sendable {
    package let algorithm: XXHashAlgorithm
    // One of the two is in use.
    private var old = coffer_xxh64()
    private var new = coffer_xxh3()

    package init(_ algorithm: XXHashAlgorithm) {
        self.algorithm = algorithm
        switch algorithm {
        case .xxh64: coffer_xxh64_begin(&old)
        case .xxh3, .xxh128: coffer_xxh3_begin(&new)
        }
    }

    package func update(_ bytes: UnsafeRawBufferPointer) {
        switch algorithm {
        case .xxh64: coffer_xxh64_update(&old, bytes.baseAddress, bytes.count)
        case .xxh3, .xxh128: coffer_xxh3_update(&new, bytes.baseAddress, bytes.count)
        }
    }

    /// The hash of everything so far in its canonical form: most significant byte first.
    ///
    /// More may follow.
    package var bigEndianBytes: [UInt8] {
        switch algorithm {
        case .xxh64: Self.bytes(coffer_xxh64_value(&old))
        case .xxh3: Self.bytes(coffer_xxh3_value64(&new))
        case .xxh128:
            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 2) { halves in
                halves.initialize(repeating: 0)
                coffer_xxh3_value128(&new, halves.baseAddress)
                return halves.flatMap(Self.bytes)
            }
        }
    }

    /// The hash of one message.
    package static func of(_ bytes: [UInt8], _ algorithm: XXHashAlgorithm) -> [UInt8] {
        let hash = XXHash(algorithm)
        bytes.withUnsafeBytes { hash.update($0) }
        return hash.bigEndianBytes
    }

    private static func bytes(_ value: UInt64) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) }
    }
}
