import Cryptography

/// The plaintext of one part, in pieces: its sums are checked, it is decrypted, decompressed, and measured.
///
/// In memory are a block as it is stored and what it gives: some MiB at most.
///
/// `@unchecked Sendable`: one task at a time reads it.
package final class PartBody: @unchecked Sendable {
    /// Bytes of plaintext.
    package let size: Int64
    private let stored: StoredPart
    private var decryption: DAREStream?
    private var decompression: S2Stream?
    private var given: Int64 = 0

    init(_ stored: StoredPart, size: Int64, key: SecretKey?, isCompressed: Bool) {
        self.stored = stored
        self.size = size
        decryption = key.map { DAREStream(key: $0) }
        decompression = isCompressed ? S2Stream() : nil
    }

    /// Whether the next bytes are there without a look at the drive, and few.
    package var isAtHand: Bool { stored.isInMemory && size <= Self.few }
    private static let few: Int64 = 128 << 10

    /// The next bytes, never none; nil at the end, when everything was there and was authentic.
    package func next() throws(DriveFault) -> ArraySlice<UInt8>? {
        while true {
            if let bytes = try decompression?.next() { return try noted(bytes[...]) }
            guard let block = try stored.next() else { break }
            var bytes = block
            if decryption != nil {
                var opened: [UInt8] = []
                opened.reserveCapacity(block.count)
                try decryption?.open(block, into: &opened)
                bytes = opened[...]
            }
            if decompression != nil {
                decompression?.append(bytes)
            } else if !bytes.isEmpty {
                return try noted(bytes)
            }
        }
        try decryption?.finish()
        try decompression?.finish()
        guard given == size else { throw .damaged("it is shorter than its record says") }
        return nil
    }

    private func noted(_ bytes: ArraySlice<UInt8>) throws(DriveFault) -> ArraySlice<UInt8> {
        given += Int64(bytes.count)
        guard given <= size else { throw .damaged("it is longer than its record says") }
        return bytes
    }
}
