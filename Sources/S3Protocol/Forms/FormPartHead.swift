import Notation

/// The header lines of one part of a form.
package struct FormPartHead: Sendable {
    /// In lower case.
    package let name: String
    package let filename: String?

    /// - Parameter lines: without the empty line that ends them.
    /// - Throws: `MalformedPOSTRequest` unless there is a `Content-Disposition: form-data` with a name.
    init(lines: some Collection<UInt8>) throws(S3Error) {
        guard let text = String(validating: lines, as: UTF8.self) else { throw S3Error(.malformedPOSTRequest) }
        for line in text.split(separator: "\r\n") {
            guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { throw S3Error(.malformedPOSTRequest) }
            guard line[..<colon].lowercased() == "content-disposition" else { continue }
            let value = line[line.utf8.index(after: colon)...]
            let kind = trim(value.prefix { $0 != ";" }).lowercased()
            let parameters = Self.parameters(value)
            guard kind == "form-data", let name = parameters.first(where: { $0.name == "name" })?.value else { break }
            self.name = name.lowercased()
            let encoded = parameters.first { $0.name == "filename*" }.flatMap { Self.decodeExtended($0.value) }
            filename = encoded ?? parameters.first { $0.name == "filename" }?.value
            return
        }
        throw S3Error(.malformedPOSTRequest)
    }

    /// The parameters of a header's value: what stands behind its first semicolon, names in lower case.
    ///
    /// In a quoted value `\"` is a quotation mark, and any other backslash stands for itself: browsers send paths.
    static func parameters(_ value: some StringProtocol) -> [(name: String, value: String)] {
        var rest = Array(value.utf8)[...]
        var parameters: [(name: String, value: String)] = []
        while let semicolon = rest.firstIndex(of: UInt8(ascii: ";")) {
            rest = rest[(semicolon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
            guard let equals = rest.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ";") }),
                rest[equals] == UInt8(ascii: "=")
            else { continue }
            let name = String(decoding: trim(rest[..<equals]), as: UTF8.self).lowercased()
            rest = rest[(equals + 1)...]
            var text: [UInt8] = []
            if rest.first == UInt8(ascii: "\"") {
                rest = rest.dropFirst()
                while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
                    if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "\"") {
                        text.append(UInt8(ascii: "\""))
                        rest = rest.dropFirst()
                    } else {
                        text.append(byte)
                    }
                }
            } else {
                text = Array(trim(rest.prefix { $0 != UInt8(ascii: ";") }))
            }
            parameters.append((name, String(decoding: text, as: UTF8.self)))
        }
        return parameters
    }

    /// `UTF-8''%e2%82%ac.txt` (RFC 8187); nil for other character sets.
    private static func decodeExtended(_ value: String) -> String? {
        let pieces = value.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
        guard pieces.count == 3, pieces[0].lowercased() == "utf-8" else { return nil }
        return try? PercentEncoding.decode(pieces[2], plus: .literal)
    }
}
