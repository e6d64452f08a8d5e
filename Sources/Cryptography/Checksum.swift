import CLinux

/// The cyclic redundancy checks of S3's flexible checksums.
package enum ChecksumAlgorithm: Sendable, CaseIterable {
    case crc32, crc32c, crc64nvme

    /// Size of a checksum in bytes.
    package var byteCount: Int {
        switch self {
        case .crc32, .crc32c: 4
        case .crc64nvme: 8
        }
    }

    /// The polynomial, reflected: x^0 is the highest of the checksum's bits.
    var polynomial: UInt64 {
        switch self {
        case .crc32: 0xedb8_8320
        case .crc32c: 0x82f6_3b78
        case .crc64nvme: 0x9a6c_9329_ac4b_c9b5
        }
    }

    var mask: UInt64 {
        switch self {
        case .crc32, .crc32c: 0xffff_ffff
        case .crc64nvme: .max
        }
    }

    var kernel: coffer_crc {
        switch self {
        case .crc32: COFFER_CRC32
        case .crc32c: COFFER_CRC32C
        case .crc64nvme: COFFER_CRC64NVME
        }
    }
}

/// An incremental cyclic redundancy check.
package struct Checksum: Sendable {
    /// Which code computes it; the result is the same.
    package enum Implementation: Sendable, CaseIterable { case fastest, portable }

    package let algorithm: ChecksumAlgorithm
    private let implementation: Implementation
    private var state: UInt64

    package init(_ algorithm: ChecksumAlgorithm, implementation: Implementation = .fastest) {
        self.algorithm = algorithm
        self.implementation = implementation
        state = algorithm.mask
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch implementation {
        case .fastest: state = coffer_crc_update(algorithm.kernel, state, bytes.baseAddress, bytes.count)
        case .portable: state = coffer_crc_update_portable(algorithm.kernel, state, bytes.baseAddress, bytes.count)
        }
    }

    package mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// The checksum of everything so far, most significant byte first, as S3 sends it (in base64).
    ///
    /// More may follow.
    package var bigEndianBytes: [UInt8] {
        Self.bigEndianBytes(state ^ algorithm.mask, algorithm)
    }

    /// The checksum of one message.
    package static func of(_ bytes: [UInt8], _ algorithm: ChecksumAlgorithm) -> [UInt8] {
        var checksum = Checksum(algorithm)
        checksum.update(bytes)
        return checksum.bigEndianBytes
    }

    /// The checksum of a concatenation, from the checksums of its two pieces and the length of the second in bytes.
    ///
    /// So the checksum of a whole object follows from those of its parts, without reading a byte.
    /// - Precondition: both checksums have the algorithm's size.
    package static func combine(
        _ algorithm: ChecksumAlgorithm, first: [UInt8], second: [UInt8], secondLength: UInt64
    ) -> [UInt8] {
        var whole = ChecksumOfPieces(algorithm, first: first)
        whole.append(second, length: secondLength)
        return whole.bigEndianBytes
    }

    fileprivate static func value(of bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    fileprivate static func bigEndianBytes(_ value: UInt64, _ algorithm: ChecksumAlgorithm) -> [UInt8] {
        (1...algorithm.byteCount).map { UInt8(truncatingIfNeeded: value >> (8 * (algorithm.byteCount - $0))) }
    }
}

/// The checksum of a concatenation, piece by piece from the checksums and lengths of its pieces.
///
/// Of a length that repeats itself, as that of an upload's parts does, a piece costs a tenth of a microsecond.
package struct ChecksumOfPieces: Sendable {
    private let algorithm: ChecksumAlgorithm
    private let field: Field
    private var value: UInt64
    /// The last length, and x to the power of its bits.
    private var shift: (length: UInt64, factor: UInt64)?

    /// The checksum of nothing.
    package init(_ algorithm: ChecksumAlgorithm) {
        self.init(algorithm, first: Checksum(algorithm).bigEndianBytes)
    }

    /// - Precondition: the checksum has the algorithm's size.
    package init(_ algorithm: ChecksumAlgorithm, first: [UInt8]) {
        precondition(first.count == algorithm.byteCount)
        self.algorithm = algorithm
        field = Field(algorithm)
        value = Checksum.value(of: first)
    }

    /// - Parameter length: of the piece in bytes.
    /// - Precondition: the checksum has the algorithm's size.
    package mutating func append(_ checksum: [UInt8], length: UInt64) {
        precondition(checksum.count == algorithm.byteCount)
        let factor =
            if let shift, shift.length == length { shift.factor } else { field.power(of: field.xToTheEighth, length) }
        shift = (length, factor)
        // Appending n bytes multiplies by x^8n. The complements at both ends of each checksum cancel out.
        value = field.product(value, factor) ^ Checksum.value(of: checksum)
    }

    package var bigEndianBytes: [UInt8] { Checksum.bigEndianBytes(value, algorithm) }
}

/// Polynomials over GF(2) modulo a checksum's polynomial, reflected.
private struct Field: Sendable {
    private let polynomial: UInt64
    private let one: UInt64

    init(_ algorithm: ChecksumAlgorithm) {
        polynomial = algorithm.polynomial
        one = 1 << (8 * algorithm.byteCount - 1)
    }

    var xToTheEighth: UInt64 { one >> 8 }

    func product(_ a: UInt64, _ b: UInt64) -> UInt64 {
        var result: UInt64 = 0
        var b = b
        var bit = one
        while bit != 0 {
            if a & bit != 0 { result ^= b }
            b = b >> 1 ^ (b & 1 == 0 ? 0 : polynomial)
            bit >>= 1
        }
        return result
    }

    func power(of base: UInt64, _ exponent: UInt64) -> UInt64 {
        var result = one
        var square = base
        var exponent = exponent
        while exponent != 0 {
            if exponent & 1 != 0 { result = product(result, square) }
            square = product(square, square)
            exponent >>= 1
        }
        return result
    }
}
