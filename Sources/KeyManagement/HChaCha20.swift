import Cryptography

/// HChaCha20 (draft-irtf-cfrg-xchacha §2.2): a 32-byte key from a 32-byte key and 16 public bytes.
enum HChaCha20 {
    /// - Precondition: `input` has 16 bytes, and `output` has room for 32.
    static func derive(
        from key: SecretKey, input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) {
        precondition(input.count == 16, "HChaCha20 takes 16 bytes")
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 16) { state in
            defer { wipe(UnsafeMutableRawBufferPointer(state)) }
            state[0] = 0x6170_7865
            state[1] = 0x3320_646e
            state[2] = 0x7962_2d32
            state[3] = 0x6b20_6574
            key.withUnsafeBytes { key in
                for i in 0..<8 { state[4 + i] = UInt32(littleEndian: key.load(fromByteOffset: 4 * i, as: UInt32.self)) }
            }
            for i in 0..<4 {
                state[12 + i] = UInt32(littleEndian: input.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self))
            }
            for _ in 0..<10 {
                for i in 0..<4 { quarterRound(state, i, 4 + i, 8 + i, 12 + i) }
                for i in 0..<4 { quarterRound(state, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4) }
            }
            for i in 0..<4 {
                output.storeBytes(of: state[i].littleEndian, toByteOffset: 4 * i, as: UInt32.self)
                output.storeBytes(of: state[12 + i].littleEndian, toByteOffset: 16 + 4 * i, as: UInt32.self)
            }
        }
    }

    private static func quarterRound(_ s: UnsafeMutableBufferPointer<UInt32>, _ a: Int, _ b: Int, _ c: Int, _ d: Int) {
        s[a] &+= s[b]
        s[d] = rotated(s[d] ^ s[a], 16)
        s[c] &+= s[d]
        s[b] = rotated(s[b] ^ s[c], 12)
        s[a] &+= s[b]
        s[d] = rotated(s[d] ^ s[a], 8)
        s[c] &+= s[d]
        s[b] = rotated(s[b] ^ s[c], 7)
    }

    private static func rotated(_ value: UInt32, _ bits: UInt32) -> UInt32 {
        value << bits | value >> (32 - bits)
    }
}
