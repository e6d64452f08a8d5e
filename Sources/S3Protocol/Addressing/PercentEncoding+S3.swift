package import Notation

/// Percent-encoding as S3 uses it: strict when reading, SigV4's alphabet when writing.
extension PercentEncoding {
    /// Decodes once.
    ///
    /// Throws `InvalidURI` for an escape that is not `%` and two hex digits, for bytes that are not UTF-8 (overlong forms
    /// among them) and for NUL, which no client means.
    package static func decode(_ text: some StringProtocol, plus: Plus = .literal) throws(S3Error) -> String {
        let encoded = text.utf8
        guard
            encoded.contains(where: { byte in
                byte == UInt8(ascii: "%") || byte == 0 || (plus == .space && byte == UInt8(ascii: "+"))
            })
        else { return String(text) }

        guard let decoded = decode(Array(encoded), plus: plus), !decoded.contains(0),
            let string = String(validating: decoded, as: UTF8.self)
        else { throw S3Error(.invalidURI) }
        return string
    }

    /// The encoding of keys in listings that were asked for with `encoding-type=url`: `/` and `*` stay.
    ///
    /// A space is `%20`, which every client undoes; not all take the `+` that AWS writes for one.
    package static func encodeForListing(_ text: String) -> String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "~"): appendEscape(byte, to: &encoded)
            case UInt8(ascii: "/"), UInt8(ascii: "*"): encoded.append(byte)
            default: append(byte, to: &encoded)
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// SigV4's canonical form of a raw path: each escape is undone and every byte written anew, so that two spellings of
    /// one path sign alike.
    ///
    /// Nothing is normalised: `//` and `/../` stay. The path's escapes have been checked by `RequestTarget`.
    static func appendCanonicalPath(_ rawPath: String.UTF8View, to encoded: inout [UInt8]) {
        let isPlain = { (byte: UInt8) in isUnreserved(byte) || byte == UInt8(ascii: "/") }
        // Where the text lies in one piece, as nearly always, this is several times faster.
        let isCanonical =
            rawPath.withContiguousStorageIfAvailable { $0.allSatisfy(isPlain) } ?? rawPath.allSatisfy(isPlain)
        guard !isCanonical else {
            return encoded.append(contentsOf: rawPath)
        }
        var rest = rawPath.makeIterator()
        while var byte = rest.next() {
            if byte == UInt8(ascii: "%"), let high = rest.next().flatMap(HexDigit.value),
                let low = rest.next().flatMap(HexDigit.value)
            {
                byte = high << 4 | low
            }
            if byte == UInt8(ascii: "/") {
                encoded.append(byte)
            } else {
                append(byte, to: &encoded)
            }
        }
    }
}
