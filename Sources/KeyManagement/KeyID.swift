/// The name of a key in a key service: 1 to 80 characters of `[0-9A-Za-z_-]`, neither first nor last of them a `-`.
package struct KeyID: Hashable, Sendable, CustomStringConvertible {
    package let name: String

    /// Parses a name as clients send it; AWS's prefix `arn:aws:kms:` is dropped.
    ///
    /// Throws ``KeyServiceError/invalidKeyID(_:)`` with the text as sent.
    package init(_ text: String) throws(KeyServiceError) {
        let prefix = "arn:aws:kms:"
        let name = text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
        guard Self.isValid(name.utf8) else { throw KeyServiceError.invalidKeyID(text) }
        self.name = name
    }

    package var description: String { name }

    /// For names that are part of the program.
    private init(unchecked name: String) { self.name = name }

    /// The key of a keyring that was made without any configuration.
    package static let cofferDefault = KeyID(unchecked: "coffer-default-key")

    private static func isValid(_ name: String.UTF8View) -> Bool {
        let hyphen = UInt8(ascii: "-")
        guard (1...80).contains(name.count), name.first != hyphen, name.last != hyphen else { return false }
        return name.allSatisfy { character in
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), hyphen:
                true
            default: false
            }
        }
    }
}
