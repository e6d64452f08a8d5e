import Notation

/// A set of tags, of an object (10 at most) or a bucket (50 at most).
package struct ObjectTags: Sendable {
    /// By key, as AWS gives them back; every key once.
    package let pairs: [(key: String, value: String)]

    package static let maximumOfObject = 10
    package static let maximumOfBucket = 50

    /// Tags that were checked when they were stored.
    package init(stored pairs: [(key: String, value: String)]) {
        self.pairs = pairs
    }

    /// Reads `x-amz-tagging`: `key=value&key2=value2`, form-encoded.
    ///
    /// A key without `=` has an empty value.
    /// - Throws: `invalidTag` for a bad escape and for everything that ``init(checking:maximum:)`` refuses.
    package init(header: String) throws(S3Error) {
        var pairs: [(key: String, value: String)] = []
        for pair in header.split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = Self.decode(sides[0]), let value = Self.decode(sides.count > 1 ? sides[1] : "") else {
                throw S3Error(.invalidTag)
            }
            pairs.append((key, value))
        }
        try self.init(checking: pairs, maximum: Self.maximumOfObject)
    }

    /// Reads a `Tagging` document.
    /// - Throws: `malformedXML`, or `invalidTag` as ``init(checking:maximum:)``.
    package init(document: some Collection<UInt8>, maximum: Int) throws(S3Error) {
        let root = try XMLReader.parse(document, root: "Tagging")
        guard let set = try root.optional("TagSet") else { throw S3Error(.malformedXML) }
        var pairs: [(key: String, value: String)] = []
        for tag in set.all("Tag") {
            guard let key = try tag.optionalText("Key"), let value = try tag.optionalText("Value") else {
                throw S3Error(.malformedXML)
            }
            pairs.append((key, value))
        }
        try self.init(checking: pairs, maximum: maximum)
    }

    /// - Throws: `invalidTag` for too many tags, a key twice, a key of no or more than 128 characters, a value of more
    ///   than 256, a key that begins with `aws:`, or a character that is no letter, digit, space or one of `+ - = . _ : / @`.
    package init(checking pairs: [(key: String, value: String)], maximum: Int) throws(S3Error) {
        guard pairs.count <= maximum else {
            let owner = maximum == Self.maximumOfBucket ? "Bucket" : "Object"
            throw S3Error(.invalidTag, "\(owner) tags cannot be greater than \(maximum)")
        }
        var keys: Set<[UInt8]> = []
        for (key, value) in pairs {
            guard keys.insert(Array(key.utf8)).inserted else {
                throw S3Error(.invalidTag, "Cannot provide multiple Tags with the same key")
            }
            guard (1...128).contains(key.unicodeScalars.count), key.unicodeScalars.allSatisfy(Self.isLegal) else {
                throw S3Error(.invalidTag, "The TagKey you have provided is invalid")
            }
            guard !key.lowercased().begins(with: "aws:") else {
                throw S3Error(.invalidTag, "System tags cannot be added/updated by requester")
            }
            guard value.unicodeScalars.count <= 256, value.unicodeScalars.allSatisfy(Self.isLegal) else {
                throw S3Error(.invalidTag, "The TagValue you have provided is invalid")
            }
        }
        self.pairs = pairs.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    /// The `Tagging` document.
    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 256 + pairs.count * 64)
        xml.openRoot("Tagging")
        xml.open("TagSet")
        for (key, value) in pairs {
            xml.open("Tag")
            xml.element("Key", key)
            xml.element("Value", value)
            xml.close("Tag")
        }
        xml.close("TagSet")
        xml.close("Tagging")
        return xml.bytes
    }

    private static func isLegal(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", " ", "+", "-", "=", ".", "_", ":", "/", "@": return true
        default: break
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .spacingMark, .decimalNumber, .letterNumber, .otherNumber, .spaceSeparator:
            return true
        default: return false
        }
    }

    private static func decode(_ text: Substring) -> String? {
        try? PercentEncoding.decode(text, plus: .space)
    }
}
