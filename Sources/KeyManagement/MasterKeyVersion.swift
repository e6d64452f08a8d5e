import Cryptography

/// Which version of its master key wrapped a data key, as far as the wrapped bytes tell.
package enum MasterKeyVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// A layout of a key service that does not tell.
    case unknown
    /// From 1; a key that was never rotated has that one alone.
    case number(UInt32)

    /// The version that the layout names: KES's own ciphertexts are version 1's, and those of later versions begin with a
    /// ``CiphertextHeader``.
    ///
    /// Nothing is opened: whoever may edit the drive can make the bytes say what they like, and they do not open then.
    package init(ofDataKey wrapped: [UInt8]) {
        let plainCount = SecretKey.byteCount
        if wrapped.count == plainCount + KESCiphertext.overhead {
            self = .number(1)
        } else if wrapped.count == CiphertextHeader.byteCount + plainCount + KESCiphertext.overhead,
            let header = CiphertextHeader(wrapped)
        {
            self = .number(header.version)
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
}
