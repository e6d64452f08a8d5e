/// A file of `KEY=value` lines as `MINIO_CONFIG_ENV_FILE` names it.
///
/// Lines end with a line feed or with carriage return and line feed. `#` starts a comment line, `export ` may stand before a key, and a value may be in single or double quotes.
enum EnvironmentFile {
    static func parse(_ text: String, name: String) throws(StartFailure) -> [(key: String, value: String)] {
        var pairs: [(key: String, value: String)] = []
        // By bytes: as characters, carriage return and line feed are one, which is not the line feed.
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (number, bytes) in lines.enumerated() {
            var line = trimmed(Substring(bytes))
            if line.isEmpty || line.hasPrefix("#") { continue }
            if line.hasPrefix("export ") { line = trimmed(line.dropFirst("export ".count)) }
            guard let sign = line.firstIndex(of: "="), sign != line.startIndex else {
                throw StartFailure("\(name), line \(number + 1): not KEY=value")
            }
            let key = trimmed(line[..<sign])
            guard !key.contains(where: \.isWhitespace) else {
                throw StartFailure("\(name), line \(number + 1): a key has no spaces")
            }
            var value = trimmed(line[line.index(after: sign)...])
            for quote in ["\"", "'"] where value.count >= 2 && value.hasPrefix(quote) && value.hasSuffix(quote) {
                value = value.dropFirst().dropLast()
                break
            }
            pairs.append((String(key), String(value)))
        }
        return pairs
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let end = text.lastIndex { !$0.isWhitespace }
        guard let end else { return "" }
        return text[...end].drop(while: \.isWhitespace)
    }
}
