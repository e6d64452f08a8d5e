/// A checksum of an object, as a client asked for it.
package struct DriveChecksum: Sendable {
    package enum Algorithm: CaseIterable, Sendable {
        case sha256, sha1, crc32, crc32c, crc64nvme

        fileprivate var bit: UInt64 {
            switch self {
            case .sha256: 2
            case .sha1: 4
            case .crc32: 8
            case .crc32c: 16
            case .crc64nvme: 256
            }
        }

        fileprivate var byteCount: Int {
            switch self {
            case .sha256: 32
            case .sha1: 20
            case .crc32, .crc32c: 4
            case .crc64nvme: 8
            }
        }
    }

    package let algorithm: Algorithm
    /// Most significant byte first.
    package let sum: [UInt8]
    /// Of how many parts' sums it is the sum; nil when it is that of the bytes.
    package let compositeCount: Int?
    /// Those of the parts, where they were kept.
    package let partSums: [[UInt8]]

    private static let (multipart, withParts, fullObject): (UInt64, UInt64, UInt64) = (64, 128, 512)

    /// The first of those that a record has.
    ///
    /// Form: kind (a number of seven bits a byte) ‖ sum ‖ with parts their number, and their sums.
    init?(_ record: [UInt8]) throws(DriveFault) {
        var rest = record[...]
        let kind = try Self.number(&rest)
        guard let algorithm = Algorithm.allCases.first(where: { kind & $0.bit != 0 }) else { return nil }
        self.algorithm = algorithm
        sum = try Self.take(algorithm.byteCount, &rest)
        var partSums: [[UInt8]] = []
        guard kind & Self.multipart != 0 else {
            compositeCount = nil
            self.partSums = []
            return
        }
        let count = try Self.number(&rest)
        guard count <= 10_000 else { throw .damaged("the checksum of \(count) parts") }
        if kind & Self.withParts != 0 {
            for _ in 0..<count { partSums.append(try Self.take(algorithm.byteCount, &rest)) }
        }
        self.partSums = partSums
        compositeCount = kind & Self.fullObject != 0 || algorithm == .crc64nvme ? nil : Int(count)
    }

    private static func number(_ bytes: inout ArraySlice<UInt8>) throws(DriveFault) -> UInt64 {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 63, by: 7) {
            guard let byte = bytes.popFirst() else { break }
            number |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return number }
        }
        throw .damaged("the checksum's record")
    }

    private static func take(_ count: Int, _ bytes: inout ArraySlice<UInt8>) throws(DriveFault) -> [UInt8] {
        guard bytes.count >= count else { throw .damaged("the checksum's record") }
        defer { bytes = bytes.dropFirst(count) }
        return Array(bytes.prefix(count))
    }
}
