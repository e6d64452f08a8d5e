/// Strings as they are spelt in JSON.
package enum JSONText {
    /// Which characters are escaped besides those that JSON itself demands.
    package enum Spelling: Sendable {
        /// Those that could end a script element in a web page: `<`, `>`, `&` and the separators of lines and paragraphs.
        ///
        /// This spelling is authenticated as part of a context, so it can never change.
        case web
        /// DEL, which a terminal may act on; markup stays legible.
        case terminal
    }

    /// `text` in quotation marks.
    package static func string(_ text: String, _ spelling: Spelling) -> String {
        var json: [UInt8] = []
        json.reserveCapacity(text.utf8.count + 2)
        append(text, to: &json, spelling)
        return String(decoding: json, as: UTF8.self)
    }

    /// Appends `text` in quotation marks.
    ///
    /// Line feed, carriage return and tab have their short escapes; other control characters, and those of the spelling,
    /// are escaped by number.
    package static func append(_ text: String, to json: inout [UInt8], _ spelling: Spelling = .web) {
        json.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { bytes in
            var position = 0
            while position < bytes.count {
                position += append(bytes[position...], to: &json, spelling)
            }
        }
        json.append(UInt8(ascii: "\""))
    }

    /// Appends the first character of `rest`, escaped where that is due, or one byte of it; how many bytes that were.
    private static func append(
        _ rest: Slice<UnsafeBufferPointer<UInt8>>, to json: inout [UInt8], _ spelling: Spelling
    ) -> Int {
        let byte = rest[rest.startIndex]
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            json.append(UInt8(ascii: "\\"))
            json.append(byte)
        case UInt8(ascii: "\n"): json.append(contentsOf: #"\n"#.utf8)
        case UInt8(ascii: "\r"): json.append(contentsOf: #"\r"#.utf8)
        case UInt8(ascii: "\t"): json.append(contentsOf: #"\t"#.utf8)
        case 0..<0x20,
            UInt8(ascii: "<") where spelling == .web, UInt8(ascii: ">") where spelling == .web,
            UInt8(ascii: "&") where spelling == .web, 0x7f where spelling == .terminal:
            json.append(contentsOf: #"\u00"#.utf8)
            json.append(hexDigit(byte >> 4))
            json.append(hexDigit(byte & 15))
        case 0xe2 where spelling == .web && rest.starts(with: "\u{2028}".utf8),
            0xe2 where spelling == .web && rest.starts(with: "\u{2029}".utf8):
            json.append(contentsOf: (rest.starts(with: "\u{2028}".utf8) ? #"\u2028"# : #"\u2029"#).utf8)
            return 3
        default: json.append(byte)
        }
        return 1
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
