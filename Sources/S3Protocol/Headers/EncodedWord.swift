import Cryptography

/// RFC 2047: text beyond ASCII in a header.
package enum EncodedWord {
    /// The text itself when it is printable ASCII (or tabs), else `=?UTF-8?B?…?=` words of at most 75 characters each,
    /// separated by spaces that a reader drops, none of them splitting a character.
    package static func encode(_ text: String) -> String {
        guard !text.utf8.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 }) else { return text }
        var words: [String] = []
        var chunk: [UInt8] = []
        for scalar in text.unicodeScalars {
            let encoded = Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            if chunk.count + encoded.count > bytesPerWord {
                words.append(word(chunk))
                chunk = []
            }
            chunk += encoded
        }
        words.append(word(chunk))
        return words.joined(separator: " ")
    }

    /// The text that ``encode(_:)`` has made words of; one that is not made of such words only is returned as it is.
    package static func decode(_ text: String) -> String {
        var bytes: [UInt8] = []
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            guard word.hasPrefix(frame.begin), word.hasSuffix(frame.end), word.utf8.count >= frameLength,
                let decoded = Base64.decode(word.dropFirst(frame.begin.count).dropLast(frame.end.count))
            else { return text }
            bytes += decoded
        }
        return String(validating: bytes, as: UTF8.self) ?? text
    }

    private static let frame = (begin: "=?UTF-8?B?", end: "?=")
    private static let frameLength = 12

    /// 75 characters less the 12 of the frame hold 60 of Base64.
    private static let bytesPerWord = 45

    private static func word(_ bytes: [UInt8]) -> String {
        "\(frame.begin)\(Base64.encode(bytes))\(frame.end)"
    }
}
