import Cryptography

/// An entity tag without its quotes.
///
/// 32 hex digits are the MD5 of the plaintext; a dash says "not an MD5" to every client: multipart objects
/// (`…-<number of parts>`) and objects whose MD5 is not to be shown (``opaque()``).
package struct ETag: Sendable {
    package let value: String

    /// A tag that stands without quotes.
    package init(unquoted value: String) {
        self.value = value
    }

    /// The MD5 of a whole plaintext, 16 bytes.
    package init(md5 digest: [UInt8]) {
        value = Hex.encode(digest)
    }

    /// A tag as clients send it: in double quotes or bare, with or without `W/`; white space around it is dropped.
    package init(lenient text: some StringProtocol) {
        var tag = Substring(text.trimmed)
        if tag.utf8.starts(with: "W/".utf8) { tag = Substring(tag.utf8.dropFirst(2)) }
        let quote = UInt8(ascii: "\"")
        if tag.utf8.count >= 2, tag.utf8.first == quote, tag.utf8.last == quote {
            tag = Substring(tag.utf8.dropFirst().dropLast())
        }
        value = String(tag)
    }

    /// As headers show it.
    package var quoted: String {
        let count = value.utf8.count + 2
        return String(unsafeUninitializedCapacity: count) { buffer in
            let quote = UInt8(ascii: "\"")
            buffer[0] = quote
            _ = buffer[1...].initialize(fromContentsOf: value.utf8)
            buffer[count - 1] = quote
            return count
        }
    }

    /// 32 random hex digits and `-1`: stable once stored, tells nothing of the content.
    package static func opaque() -> ETag {
        ETag(unquoted: Hex.encode(SecureRandom.bytes(16)) + "-1")
    }

    /// The tag of a multipart object: MD5 of the parts' MD5s in order, and their number.
    ///
    /// A part tag that is no MD5 (an opaque one) takes part with its ASCII bytes instead.
    package static func multipart(parts: [ETag]) -> ETag {
        let digest = Digest(.md5)
        for part in parts {
            digest.update(part.digest ?? Array(part.value.utf8))
        }
        return ETag(unquoted: "\(Hex.encode(digest.finalize()))-\(parts.count)")
    }

    /// The 16 bytes of a tag that is an MD5, else nil.
    package var digest: [UInt8]? {
        guard value.utf8.count == 32 else { return nil }
        return Hex.decode(value)
    }
}

extension ETag: Hashable {
    package static func == (one: ETag, other: ETag) -> Bool {
        one.value.hasSameBytes(as: other.value)
    }

    package func hash(into hasher: inout Hasher) {
        var value = value
        value.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

/// What `If-Match` or `If-None-Match` names.
package enum ETagCondition: Hashable, Sendable {
    /// `*`: any object that exists.
    case any
    /// One of these.
    case oneOf([ETag])

    /// Reads a header value: `*`, or tags separated by commas, quoted or bare.
    ///
    /// Nil when no tag is in it.
    package init?(_ header: String) {
        let text = header.trimmed
        if text == "*" {
            self = .any
            return
        }
        var tags: [ETag] = []
        for item in Self.items(of: text) where !item.isEmpty {
            tags.append(ETag(lenient: item))
        }
        guard !tags.isEmpty else { return nil }
        self = .oneOf(tags)
    }

    package func matches(_ etag: ETag) -> Bool {
        switch self {
        case .any: true
        case .oneOf(let tags): tags.contains(etag)
        }
    }

    /// Splits at the commas outside double quotes.
    private static func items(of text: String) -> [String] {
        var items: [String] = []
        var isQuoted = false
        var current = ""
        for scalar in text.unicodeScalars {
            if scalar == "\"" { isQuoted.toggle() }
            if scalar == ",", !isQuoted {
                items.append(current.trimmed)
                current = ""
            } else {
                current.unicodeScalars.append(scalar)
            }
        }
        items.append(current.trimmed)
        return items
    }
}
