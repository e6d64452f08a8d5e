import Cryptography

/// Which version of its master key wrapped a data key, as far as the wrapped bytes tell.
package enum MasterKeyVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// A layout of a key service that does not tell.
    case unknown
    /// From 1; a key that was never rotated has that one alone.
    case number(UInt32)

    /// The version that the layout names: KES's own ciphertexts are version 1's, and those of later versions begin with
    /// four bytes of a mark and four of the number (big endian).
    ///
    /// Nothing is opened: whoever may edit the drive can make the bytes say what they like, and they do not open then.
    package init(ofDataKey wrapped: [UInt8]) {
        let plainCount = SecretKey.byteCount
        if wrapped.count == plainCount + KESCiphertext.overhead {
            self = .number(1)
        } else if wrapped.count == Self.headerCount + plainCount + KESCiphertext.overhead,
            let number = Self.number(inHeaderOf: wrapped)
        {
            self = .number(number)
        } else if StructuredCiphertext(json: wrapped) ?? StructuredCiphertext(messagePack: wrapped) != nil {
            self = .number(1)
        } else {
            self = .unknown
        }
    }

    package var description: String {
        switch self {
        case .unknown: "an unknown version"
        case .number(let number): "version \(number)"
        }
    }

    private static let mark: [UInt8] = [0xc0, 0x4b, 0x56, 0x01]
    private static let headerCount = 8

    private static func number(inHeaderOf wrapped: [UInt8]) -> UInt32? {
        guard wrapped.starts(with: mark) else { return nil }
        let number = wrapped[mark.count..<headerCount].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return number > 1 ? number : nil
    }
}
