/// Which names a listing is about: those with a prefix, and when it continues an earlier answer, those after its last.
///
/// As text: a prefix of the characters of names, at most 80 of them, that may end in one `*`; or as ``continuation(after:)``
/// makes it.
package struct ListPattern: Hashable, Sendable {
    /// What every name begins with; may be empty.
    package let prefix: String
    /// Names up to and including this one were listed before.
    package let lastName: String?

    package init?(_ text: String) { return nil }

    package func matches(_ name: String) -> Bool {
        false
    }

    /// The pattern that lists what comes after `name`; it begins with this pattern's prefix, which is what policies judge.
    package func continuation(after name: String) -> String { "" }

    /// The matching names that fit in one answer, and the pattern for the rest (empty when there is none).
    ///
    /// - Precondition: `names` are sorted by their UTF-8 bytes.
    package func page(of names: [String], byteLimit: Int = 900_000) -> (names: [String], continueAt: String) {
        ([], "")
    }
}
