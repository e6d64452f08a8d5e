/// Percent encoding as S3 uses it: strict when reading, SigV4's alphabet when writing.
package enum PercentEncoding {
    /// What `+` stands for: itself in a path, a space in a query.
    package enum Plus: Sendable { case literal, space }

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

        var decoded: [UInt8] = []
        decoded.reserveCapacity(encoded.count)
        var rest = encoded.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.next().flatMap(hexValue), let low = rest.next().flatMap(hexValue) else {
                    throw S3Error(.invalidURI)
                }
                decoded.append(high << 4 | low)
            case UInt8(ascii: "+") where plus == .space:
                decoded.append(UInt8(ascii: " "))
            default:
                decoded.append(byte)
            }
        }
        guard !decoded.contains(0), let string = String(validating: decoded, as: UTF8.self) else {
            throw S3Error(.invalidURI)
        }
        return string
    }

    /// SigV4's encoding of a query name or value: everything but `A-Za-z0-9-_.~` becomes `%XX` in upper case.
    package static func encode(_ text: String) -> String {
        var encoded: [UInt8] = []
        append(text.utf8, to: &encoded, keepingSlash: false)
        return String(decoding: encoded, as: UTF8.self)
    }

    /// SigV4's encoding of an object key inside a path: as `encode`, but `/` stays.
    package static func encodePath(_ text: String) -> String {
        var encoded: [UInt8] = []
        append(text.utf8, to: &encoded, keepingSlash: true)
        return String(decoding: encoded, as: UTF8.self)
    }

    /// The encoding of keys in listings that were asked for with `encoding-type=url`: a space is `+`, and `/` and `*` stay.
    package static func encodeForListing(_ text: String) -> String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: " "): encoded.append(UInt8(ascii: "+"))
            case UInt8(ascii: "~"): appendEscape(byte, to: &encoded)
            case UInt8(ascii: "/"), UInt8(ascii: "*"): encoded.append(byte)
            default: append(byte, to: &encoded)
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    static func append(_ text: some Sequence<UInt8>, to encoded: inout [UInt8], keepingSlash: Bool) {
        for byte in text {
            if keepingSlash && byte == UInt8(ascii: "/") {
                encoded.append(byte)
            } else {
                append(byte, to: &encoded)
            }
        }
    }

    /// SigV4's canonical form of a raw path: each escape is undone and every byte written anew, so that two spellings of
    /// one path sign alike.
    ///
    /// Nothing is normalised: `//` and `/../` stay. The path's escapes have been checked by `RequestTarget`.
    static func appendCanonicalPath(_ rawPath: String.UTF8View, to encoded: inout [UInt8]) {
        guard !rawPath.allSatisfy({ isUnreserved($0) || $0 == UInt8(ascii: "/") }) else {
            return encoded.append(contentsOf: rawPath)
        }
        var rest = rawPath.makeIterator()
        while var byte = rest.next() {
            if byte == UInt8(ascii: "%"), let high = rest.next().flatMap(hexValue),
                let low = rest.next().flatMap(hexValue)
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

    @inline(__always)
    private static func append(_ byte: UInt8, to encoded: inout [UInt8]) {
        if isUnreserved(byte) {
            encoded.append(byte)
        } else {
            appendEscape(byte, to: &encoded)
        }
    }

    @inline(__always)
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "~"):
            true
        default:
            false
        }
    }

    private static func appendEscape(_ byte: UInt8, to encoded: inout [UInt8]) {
        encoded.append(UInt8(ascii: "%"))
        encoded.append(hexDigit(byte >> 4))
        encoded.append(hexDigit(byte & 15))
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}

/// The value of one hex digit in either case.
@inline(__always)
func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
}
