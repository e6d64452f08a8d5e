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

    /// 75 characters less the 12 of the frame hold 60 of Base64.
    private static let bytesPerWord = 45

    private static func word(_ bytes: [UInt8]) -> String {
        "=?UTF-8?B?\(Base64.encode(bytes))?="
    }
}
