package import KeyManagement

/// The name of a key: 1 to 80 characters of `[0-9A-Za-z_-]`, neither first nor last of them a `-`, and not `_` alone.
package struct KeyName: Hashable, Sendable, CustomStringConvertible {
    /// The name as key services know it, which allows every name of this rule.
    package let keyID: KeyID

    package init?(_ text: String) {
        // A name with AWS's prefix is one for `KeyID`, which drops it.
        guard KESName.isValid(text), let keyID = try? KeyID(text) else { return nil }
        self.keyID = keyID
    }

    package var text: String { keyID.name }
    package var description: String { text }
}

/// The name of a policy, by the rule of ``KeyName``.
package struct PolicyName: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package init?(_ text: String) {
        guard KESName.isValid(text) else { return nil }
        self.text = text
    }

    package var description: String { text }
}

/// The rule for names of keys, policies and identities.
enum KESName {
    static let maximumByteCount = 80

    static func isValid(_ text: String) -> Bool {
        let name = text.utf8
        let hyphen = UInt8(ascii: "-")
        guard 1...maximumByteCount ~= name.count, name.first != hyphen, name.last != hyphen else { return false }
        return name.allSatisfy(isNameCharacter) && text != "_"
    }

    static func isNameCharacter(_ character: UInt8) -> Bool {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
