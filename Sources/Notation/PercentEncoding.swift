/// Percent-encoding (RFC 3986), as URLs and the signatures over them have it.
///
/// What no two uses of it agree about is the caller's: which bytes may be text, and what becomes of those that may not.
/// What is called for each byte is `public`, because the compiler does not inline in other modules what is `package`.
public enum PercentEncoding {
    /// What `+` stands for: itself in a path, a space in a query.
    package enum Plus: Sendable { case literal, space }

    /// The bytes that an encoded text stands for, decoded once; `nil` where a `%` is not followed by two hex digits.
    ///
    /// Nothing here is generic: the compiler would not specialise it in other modules.
    package static func decode(_ encoded: UnsafeBufferPointer<UInt8>, plus: Plus) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(encoded.count)
        var rest = encoded.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.next().flatMap(HexDigit.value), let low = rest.next().flatMap(HexDigit.value)
                else { return nil }
                decoded.append(high << 4 | low)
            case UInt8(ascii: "+") where plus == .space:
                decoded.append(UInt8(ascii: " "))
            default:
                decoded.append(byte)
            }
        }
        return decoded
    }

    package static func decode(_ encoded: [UInt8], plus: Plus) -> [UInt8]? {
        encoded.withUnsafeBufferPointer { decode($0, plus: plus) }
    }

    package static func decode(_ encoded: String.UTF8View, plus: Plus) -> [UInt8]? {
        decode(Array(encoded), plus: plus)
    }

    /// Everything but `A-Za-z0-9-_.~` becomes `%XX` in upper case: one segment of a path, or a name or value of a query.
    package static func encode(_ text: String) -> String {
        if text.utf8.allSatisfy(isUnreserved) { return text }
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count + 16)
        append(text.utf8, to: &encoded)
        return String(decoding: encoded, as: UTF8.self)
    }

    /// Appends the encoding of a text's bytes.
    package static func append(_ text: String.UTF8View, to encoded: inout [UInt8]) {
        for byte in text { append(byte, to: &encoded) }
    }

    package static func append(_ text: [UInt8], to encoded: inout [UInt8]) {
        for byte in text { append(byte, to: &encoded) }
    }

    /// Appends a byte, escaped unless it is unreserved.
    @inlinable
    @inline(__always)
    public static func append(_ byte: UInt8, to encoded: inout [UInt8]) {
        if isUnreserved(byte) {
            encoded.append(byte)
        } else {
            appendEscape(byte, to: &encoded)
        }
    }

    /// Appends `%XX` in upper case.
    @inlinable
    public static func appendEscape(_ byte: UInt8, to encoded: inout [UInt8]) {
        encoded.append(UInt8(ascii: "%"))
        encoded.append(HexDigit.uppercase(byte >> 4))
        encoded.append(HexDigit.uppercase(byte & 15))
    }

    /// Whether the byte stands for itself wherever it is: a letter, a digit or one of `-_.~`.
    @inlinable
    @inline(__always)
    public static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "~"):
            true
        default:
            false
        }
    }
}
