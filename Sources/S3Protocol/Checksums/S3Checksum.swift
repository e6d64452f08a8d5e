import Cryptography

/// A checksum's value.
package struct S3Checksum: Hashable, Sendable {
    package let algorithm: S3ChecksumAlgorithm
    /// The raw value, most significant byte first.
    package let bytes: [UInt8]

    /// - Precondition: `bytes` has the algorithm's size.
    package init(_ algorithm: S3ChecksumAlgorithm, bytes: [UInt8]) {
        precondition(bytes.count == algorithm.byteCount)
        self.algorithm = algorithm
        self.bytes = bytes
    }

    /// Reads a header's, trailer's or element's value.
    ///
    /// Throws `InvalidRequest` (400) unless it is base64 of the right length.
    package init(_ algorithm: S3ChecksumAlgorithm, base64: some StringProtocol) throws(S3Error) {
        guard let bytes = Base64.decode(base64), bytes.count == algorithm.byteCount else {
            throw S3Error(.invalidRequest, "Value for \(algorithm.header) header is invalid.")
        }
        self.algorithm = algorithm
        self.bytes = bytes
    }

    package var base64: String { Base64.encode(bytes) }

    /// The refusal when the body's checksum is not the one sent: `BadDigest` (400).
    package static func mismatch(_ algorithm: S3ChecksumAlgorithm) -> S3Error {
        S3Error(.badDigest, "The \(algorithm.name) you specified did not match the calculated checksum.")
    }

    /// Throws `mismatch` unless the two are equal.
    package func verify(computed: S3Checksum) throws(S3Error) {
        guard self == computed else { throw Self.mismatch(algorithm) }
    }
}

// MARK: Objects in parts

extension S3Checksum {
    /// The composite checksum of an object in parts: the checksum of the parts' raw checksums, as `base64-N`.
    ///
    /// - Precondition: all parts have this algorithm, and there is one at least.
    package static func composite(_ algorithm: S3ChecksumAlgorithm, parts: [S3Checksum]) -> String {
        precondition(!parts.isEmpty && parts.allSatisfy { $0.algorithm == algorithm })
        let calculator = S3ChecksumCalculator(algorithm)
        for part in parts { part.bytes.withUnsafeBytes { calculator.update($0) } }
        return "\(calculator.finalize().base64)-\(parts.count)"
    }

    /// The checksum of a whole object from those of its parts and their lengths in bytes, without reading it again.
    ///
    /// Nil for the digests, which cannot be combined. An object of no parts has the checksum of nothing.
    package static func fullObject(
        _ algorithm: S3ChecksumAlgorithm, parts: [(checksum: S3Checksum, length: UInt64)]
    ) -> S3Checksum? {
        guard let cyclic = algorithm.cyclic else { return nil }
        var whole = ChecksumOfPieces(cyclic)
        for part in parts {
            precondition(part.checksum.algorithm == algorithm)
            whole.append(part.checksum.bytes, length: part.length)
        }
        return S3Checksum(algorithm, bytes: whole.bigEndianBytes)
    }
}
