/// The query of a ListMultipartUploads.
package struct ListUploadsParameters: Sendable {
    package var prefix = ""
    /// Nil when absent or empty; may have several characters.
    package var delimiter: String?
    /// As sent; empty when absent.
    package var keyMarker = ""
    /// As sent; empty when absent, and ignored without a key marker.
    package var uploadIDMarker = ""
    /// 0…1000.
    package var maxUploads = Self.maximum
    package var encoding = ListEncoding.plain

    package static let maximum = 1000

    /// - Parameter query: decoded pairs; names unknown here are ignored.
    /// - Throws: `invalidArgument` for a limit or an encoding that is not valid, and for texts longer than a key can be.
    package init(_ query: [(name: String, value: String)]) throws(S3Error) {
        for (name, value) in query {
            switch name {
            case "prefix": prefix = try Self.short(value, name)
            case "delimiter": delimiter = value.isEmpty ? nil : try Self.short(value, name)
            case "key-marker": keyMarker = try Self.short(value, name)
            case "upload-id-marker": uploadIDMarker = try Self.short(value, name)
            case "max-uploads": maxUploads = try ListLimit.parse(value, name: name, maximum: Self.maximum)
            case "encoding-type": encoding = try ListEncoding(parameter: value)
            default: break
            }
        }
    }

    /// What is compared with keys need not be longer than a key can be.
    private static func short(_ value: String, _ name: String) throws(S3Error) -> String {
        guard value.utf8.count <= ObjectName.maximumByteCount else {
            throw S3Error(
                .invalidArgument, "The value of \(name) is longer than a key can be",
                details: [("ArgumentName", name)])
        }
        return value
    }

    /// Where the listing begins, the upload aside; nil for the front.
    package var start: ListPosition? {
        keyMarker.isEmpty ? nil : ListPosition(marker: keyMarker, prefix: prefix, delimiter: delimiter)
    }
}
