import Notation

/// Names of files that are made of keys.
enum FileName {
    /// `attachment` with the last part of a key (RFC 6266, RFC 8187).
    static func attachment(of key: String) -> String { attachment(named: last(of: key)) }

    static func attachment(named name: String) -> String {
        var plain = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\"", "\\", "%": plain += "_"
            case " "..."~": plain.unicodeScalars.append(scalar)
            default: plain += "_"
            }
        }
        return "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(PercentEncoding.encode(name))"
    }

    /// The last part of a key as a file can be called: without control characters, and nothing that is a path.
    static func last(of key: String) -> String {
        let parts = key.split { $0 == "/" || $0 == "\\" }
        let name = clean(parts.last.map(String.init) ?? "")
        return name.isEmpty || name == "." || name == ".." ? "object" : name
    }

    /// Without control characters, those that reverse the direction of writing among them, and colons.
    static func clean(_ text: String) -> String {
        var clean = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069, 0x200E, 0x200F: clean += "_"
            case 0x3A, 0x2F, 0x5C: clean += "_"
            default: clean.unicodeScalars.append(scalar)
            }
        }
        return clean
    }
}
