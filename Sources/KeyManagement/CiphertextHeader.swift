/// What stands before the ciphertexts of version 2 and later of a key: four fixed bytes and the version (big endian).
package struct CiphertextHeader: Sendable {
    package static let byteCount = 8
    private static let magic: UInt32 = 0xc04b_5601

    /// Above 1.
    package let version: UInt32

    package init(version: UInt32) { self.version = version }

    /// `nil` when `ciphertext` does not begin with one.
    package init?(_ ciphertext: [UInt8]) {
        guard ciphertext.count >= Self.byteCount + KESCiphertext.overhead else { return nil }
        let words = ciphertext.withUnsafeBytes { $0.loadUnaligned(as: (UInt32, UInt32).self) }
        guard UInt32(bigEndian: words.0) == Self.magic else { return nil }
        version = UInt32(bigEndian: words.1)
        guard version > 1 else { return nil }
    }

    package func write(to output: UnsafeMutableRawBufferPointer) {
        output.storeBytes(of: Self.magic.bigEndian, as: UInt32.self)
        output.storeBytes(of: version.bigEndian, toByteOffset: 4, as: UInt32.self)
    }
}
