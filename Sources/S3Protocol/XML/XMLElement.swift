/// One element of a request document: its local name, its text or its children.
///
/// Namespaces, prefixes and attributes are gone; an element with children has no text of its own.
package struct XMLElement: Sendable {
    package let name: String
    /// Character data with references resolved and line ends normalised; white space is kept.
    package let text: String
    package let children: [XMLElement]

    /// Every child of that name, in order.
    package func all(_ name: String) -> [XMLElement] {
        children.filter { $0.name == name }
    }

    /// The one child of that name, or nil.
    /// - Throws: `malformedXML` when there are several: which of them counts would be a guess.
    package func optional(_ name: String) throws(S3Error) -> XMLElement? {
        var found: XMLElement?
        for child in children where child.name == name {
            guard found == nil else { throw S3Error(.malformedXML) }
            found = child
        }
        return found
    }

    /// Text of the one child of that name, or nil when there is no such child.
    /// - Throws: `malformedXML` when there are several or it has children.
    package func optionalText(_ name: String) throws(S3Error) -> String? {
        guard let child = try optional(name) else { return nil }
        guard child.children.isEmpty else { throw S3Error(.malformedXML) }
        return child.text
    }

    /// `true` or `false` of the one child of that name, or nil when there is no such child.
    package func optionalFlag(_ name: String) throws(S3Error) -> Bool? {
        switch try optionalText(name)?.trimmed {
        case nil: return nil
        case "true": return true
        case "false": return false
        case .some: throw S3Error(.malformedXML)
        }
    }

    /// A decimal number of the one child of that name, or nil when there is no such child.
    package func optionalNumber(_ name: String) throws(S3Error) -> Int64? {
        guard let text = try optionalText(name)?.trimmed else { return nil }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(text) else {
            throw S3Error(.malformedXML)
        }
        return number
    }
}

extension StringProtocol {
    /// Without white space (space, tab, CR, LF) at both ends.
    package var trimmed: String {
        var slice = Substring(self)
        while let first = slice.unicodeScalars.first, first.isXMLSpace { slice.unicodeScalars.removeFirst() }
        while let last = slice.unicodeScalars.last, last.isXMLSpace { slice.unicodeScalars.removeLast() }
        return String(slice)
    }
}

extension Unicode.Scalar {
    var isXMLSpace: Bool {
        self == " " || self == "\t" || self == "\n" || self == "\r"
    }
}
