/// The `x-amz-meta-…` headers of an object.
package struct UserMetadata: Sendable {
    /// Names in lower case without `x-amz-meta-`, in order of arrival; values as sent, UTF-8 included.
    package private(set) var entries: [(name: String, value: String)] = []

    /// Bytes of all names (without the prefix) and values together; their number does not matter.
    package static let maximumSize = 2048
    static let prefix = "x-amz-meta-"

    package init() {}

    /// Entries that were checked when they were stored.
    package init(stored entries: [(name: String, value: String)]) {
        self.entries = entries
    }

    /// Collects the headers; a name that comes again has its values joined by `,`.
    /// - Throws: `metadataTooLarge` above 2 KiB.
    package init(_ headers: [(name: String, value: String)]) throws(S3Error) {
        var positions: [String: Int] = [:]
        var size = 0
        for index in headers.indices where headers[index].name.begins(with: "x-amz-meta-") {
            let header = headers[index]
            let name = String(header.name.dropFirst(Self.prefix.count))
            guard !name.isEmpty else { continue }
            if let position = positions[name] {
                size += 1 + header.value.utf8.count
                entries[position].value += "," + header.value
            } else {
                size += name.utf8.count + header.value.utf8.count
                positions[name] = entries.count
                entries.append((name, header.value))
            }
            guard size <= Self.maximumSize else {
                throw S3Error(.metadataTooLarge, details: [("MaxSizeAllowed", "\(Self.maximumSize)")])
            }
        }
    }

    /// As an answer shows them: values beyond printable ASCII as RFC 2047 encoded words.
    package var responseHeaders: [(name: String, value: String)] {
        entries.map { (Self.prefix + $0.name, EncodedWord.encode($0.value)) }
    }
}
