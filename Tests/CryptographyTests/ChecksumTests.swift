import Cryptography
import TestSupport
import Testing

@Suite struct ChecksumTests {
    /// The check values of the catalogues, over `123456789`.
    @Test(arguments: [
        (ChecksumAlgorithm.crc32, "cbf43926"), (.crc32c, "e3069283"), (.crc64nvme, "ae8b14860a799888"),
    ])
    func `the check message has the published checksum`(_ algorithm: ChecksumAlgorithm, _ expected: String) {
        #expect(hex(Checksum.of(Array("123456789".utf8), algorithm)) == expected)
    }

    /// RFC 3720 §B.4.
    @Test(arguments: [
        ([UInt8](repeating: 0, count: 32), "8a9136aa"), ([UInt8](repeating: 0xff, count: 32), "62a8ab43"),
        (Array(0...31), "46dd794e"), (Array((0...31).reversed()), "113fdb5c"),
    ])
    func `CRC-32C of the iSCSI messages`(_ message: [UInt8], _ expected: String) {
        #expect(hex(Checksum.of(message, .crc32c)) == expected)
    }

    @Test(arguments: ChecksumAlgorithm.allCases, Checksum.Implementation.allCases)
    func `every length and alignment gives what single bits give`(
        _ algorithm: ChecksumAlgorithm, _ implementation: Checksum.Implementation
    ) {
        let bytes = SecureRandom.bytes(700)
        for start in [0, 1, 7, 8] {
            let reference = BitwiseChecksum.prefixes(of: bytes[start...], algorithm)
            for count in 0...(bytes.count - start) {
                var checksum = Checksum(algorithm, implementation: implementation)
                bytes.withUnsafeBytes { checksum.update(UnsafeRawBufferPointer(rebasing: $0[start..<start + count])) }
                #expect(checksum.bigEndianBytes == reference[count])
            }
        }
    }

    @Test(arguments: ChecksumAlgorithm.allCases, [1, 127, 128, 129, 1000, 65536])
    func `the fast and the portable code agree over any steps`(_ algorithm: ChecksumAlgorithm, _ step: Int) {
        let bytes = SecureRandom.bytes(200_000)
        var fast = Checksum(algorithm)
        for start in stride(from: 0, to: bytes.count, by: step) {
            fast.update(Array(bytes[start..<min(start + step, bytes.count)]))
        }
        var portable = Checksum(algorithm, implementation: .portable)
        portable.update(bytes)
        #expect(fast.bigEndianBytes == portable.bigEndianBytes)
    }

    @Test(arguments: ChecksumAlgorithm.allCases, [0, 1, 2, 255, 4096, 99_999])
    func `the checksum of a whole follows from those of its pieces`(_ algorithm: ChecksumAlgorithm, _ split: Int) {
        let bytes = SecureRandom.bytes(100_000)
        let combined = Checksum.combine(
            algorithm, first: Checksum.of(Array(bytes[..<split]), algorithm),
            second: Checksum.of(Array(bytes[split...]), algorithm), secondLength: UInt64(bytes.count - split))
        #expect(combined == Checksum.of(bytes, algorithm))
    }

    @Test(arguments: ChecksumAlgorithm.allCases)
    func `combining is associative over lengths that nobody could hash`(_ algorithm: ChecksumAlgorithm) {
        func random() -> [UInt8] { SecureRandom.bytes(algorithm.byteCount) }
        let (a, b, c) = (random(), random(), random())
        let (lengthB, lengthC): (UInt64, UInt64) = (5 << 40, 1 << 41 + 3)
        let left = Checksum.combine(
            algorithm, first: Checksum.combine(algorithm, first: a, second: b, secondLength: lengthB), second: c,
            secondLength: lengthC)
        let right = Checksum.combine(
            algorithm, first: a, second: Checksum.combine(algorithm, first: b, second: c, secondLength: lengthC),
            secondLength: lengthB + lengthC)
        #expect(left == right)
    }
}

/// The definition, one bit at a time.
private enum BitwiseChecksum {
    static func prefixes(of bytes: ArraySlice<UInt8>, _ algorithm: ChecksumAlgorithm) -> [[UInt8]] {
        let (polynomial, mask): (UInt64, UInt64) =
            switch algorithm {
            case .crc32: (0xedb8_8320, 0xffff_ffff)
            case .crc32c: (0x82f6_3b78, 0xffff_ffff)
            case .crc64nvme: (0x9a6c_9329_ac4b_c9b5, .max)
            }
        func final(_ state: UInt64) -> [UInt8] {
            let all = withUnsafeBytes(of: (state ^ mask).bigEndian) { Array($0) }
            return Array(all.suffix(algorithm.byteCount))
        }
        var state = mask
        var prefixes = [final(state)]
        for byte in bytes {
            state ^= UInt64(byte)
            for _ in 0..<8 { state = state >> 1 ^ (state & 1 == 0 ? 0 : polynomial) }
            prefixes.append(final(state))
        }
        return prefixes
    }
}
