/// Strings as key services spell them in JSON.
enum JSONText {
    /// Appends `text` in quotation marks.
    ///
    /// Line feed, carriage return and tab have their short escapes; other control characters, and the characters that
    /// could end a script element in a web page, are escaped by number. The spelling is authenticated as part of a
    /// context, so it can never change.
    static func append(_ text: String, to json: inout [UInt8]) {
        json.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": json.append(contentsOf: #"\""#.utf8)
            case "\\": json.append(contentsOf: #"\\"#.utf8)
            case "\n": json.append(contentsOf: #"\n"#.utf8)
            case "\r": json.append(contentsOf: #"\r"#.utf8)
            case "\t": json.append(contentsOf: #"\t"#.utf8)
            case "\u{0}"..."\u{1f}", "<", ">", "&", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                json.append(contentsOf: #"\u"#.utf8)
                json.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 4 - digits.count))
                json.append(contentsOf: digits.utf8)
            default: json.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        json.append(UInt8(ascii: "\""))
    }
}
