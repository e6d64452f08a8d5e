import Cryptography

/// Which names a listing is about: those with a prefix, and when it continues an earlier answer, those after its last.
///
/// As text: a prefix of the characters of names, at most 80 of them, that may end in one `*`; or as ``continuation(after:)``
/// makes it.
package struct ListPattern: Hashable, Sendable {
    /// What every name begins with; may be empty.
    package let prefix: String
    /// Names up to and including this one were listed before.
    package let lastName: String?

    package init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        var prefix = text
        var lastName: String?
        if parts.count == 2 {
            guard let name = Self.decode(parts[1]), KESName.isValid(name) else { return nil }
            prefix = String(parts[0])
            lastName = name
        } else if text.utf8.last == UInt8(ascii: "*") {
            prefix.removeLast()
        }
        guard prefix.utf8.count <= KESName.maximumByteCount, prefix.utf8.allSatisfy(KESName.isNameCharacter),
            prefix.utf8.first != UInt8(ascii: "-"), text != "_"
        else { return nil }
        self.prefix = prefix
        self.lastName = lastName
    }

    package func matches(_ name: String) -> Bool {
        guard name.utf8.starts(with: prefix.utf8) else { return false }
        return lastName.map { $0.utf8.lexicographicallyPrecedes(name.utf8) } ?? true
    }

    /// The pattern that lists what comes after `name`; it begins with this pattern's prefix, which is what policies judge.
    ///
    /// A point, which is no character of names, and the name in base64 (URL alphabet, no padding) follow. A forged name can
    /// only move the beginning within the prefix.
    package func continuation(after name: String) -> String {
        prefix + "." + Base64URL.encode(Array(name.utf8))
    }

    /// The matching names that fit in one answer, and the pattern for the rest (empty when there is none).
    ///
    /// - Precondition: `names` are sorted by their UTF-8 bytes.
    package func page(
        of names: [String], byteLimit: Int = ListPattern.pageByteLimit
    ) -> (names: [String], continueAt: String) {
        var page: [String] = []
        var byteCount = 0
        for name in names where matches(name) {
            byteCount += Self.byteCount(of: name)
            if byteCount > byteLimit, let last = page.last { return (page, continuation(after: last)) }
            page.append(name)
        }
        return (page, "")
    }

    /// The longest list in one answer, in bytes; the original's clients read 1 MiB.
    package static let pageByteLimit = 900_000

    /// What a name takes in a list: itself, two quotation marks and a comma.
    package static func byteCount(of name: String) -> Int { name.utf8.count + 3 }

    private static func decode(_ code: Substring) -> String? {
        guard code.utf8.count <= 2 * KESName.maximumByteCount else { return nil }
        return Base64URL.decode(code).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
