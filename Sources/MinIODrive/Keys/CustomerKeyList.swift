package import Cryptography

/// Keys that clients have encrypted objects with, and where.
///
/// Nothing on a drive tells which key an object has; those that may be its are tried on the sealed key of its data.
package struct CustomerKeyList: Sendable {
    private struct Entry: Sendable {
        let bucket: String
        let prefix: String
        let key: SecretKey
    }

    private var entries: [Entry] = []

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }

    /// Reads a text with a key in each line.
    ///
    /// A line is a bucket, with a prefix of keys behind a slash if not the whole bucket is meant, a blank, and the key in
    /// base64. The key stands behind the last blank: prefixes may have some. `#` begins a comment line.
    ///
    /// - Throws: ``Malformed`` with the number of a line; no message repeats a key.
    package init(parsing text: String) throws(Malformed) {
        for (index, line) in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        {
            var line = line[...]
            while let last = line.last, last == UInt8(ascii: "\r") || last == UInt8(ascii: " ") { line.removeLast() }
            guard let first = line.first, first != UInt8(ascii: "#") else { continue }
            guard let blank = line.lastIndex(where: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) else {
                throw Malformed(line: index + 1)
            }
            let place = String(Substring(line[..<blank]))
            var decoded = Base64.decode(String(Substring(line[line.index(after: blank)...]))) ?? []
            defer { wipe(&decoded) }
            guard let key = SecretKey(decoded), !place.isEmpty else { throw Malformed(line: index + 1) }
            let sides = place.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            entries.append(
                Entry(bucket: String(sides[0]), prefix: sides.count > 1 ? String(sides[1]) : "", key: key))
        }
    }

    package struct Malformed: Error {
        package let line: Int
    }

    /// Those that an object may have, the one of the longest prefix first.
    package func keys(bucket: String, key: String) -> [SecretKey] {
        entries.filter { $0.bucket.utf8.elementsEqual(bucket.utf8) && key.utf8.starts(with: $0.prefix.utf8) }
            .sorted { $0.prefix.utf8.count > $1.prefix.utf8.count }.map(\.key)
    }
}
