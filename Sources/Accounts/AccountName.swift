/// The name of a user, a group or a policy, or an access key: its bytes.
///
/// Swift takes two spellings of one letter for the same text; these are two names.
package struct AccountName: Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }
}

extension AccountName: Hashable, Comparable {
    package static func == (one: AccountName, other: AccountName) -> Bool {
        one.text.utf8.elementsEqual(other.text.utf8)
    }

    package static func < (one: AccountName, other: AccountName) -> Bool {
        one.text.utf8.lexicographicallyPrecedes(other.text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension AccountName: CustomStringConvertible {
    package var description: String { text }
}
