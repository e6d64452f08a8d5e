import Notation

/// The query of a ListObjectVersions.
package struct ListVersionsParameters: Sendable {
    package var prefix = ""
    /// Nil when absent or empty; may have several characters.
    package var delimiter: String?
    /// 0…1000.
    package var maxKeys = Self.maximumKeys
    package var encoding = ListEncoding.plain
    /// As sent, echoed even when empty.
    package var keyMarker = ""
    /// As sent, echoed even when empty: the listing goes on behind this version of the key.
    package var versionIDMarker = ""
    /// MinIO's `metadata=true`: each version with its metadata and tags, and so fewer on a page.
    package var withMetadata = false

    package static let maximumKeys = 1000

    /// - Parameter query: decoded pairs; names unknown here are ignored.
    /// - Throws: `invalidArgument` for max-keys and encoding-type that are not valid, for what is longer than a key can be,
    ///   and for a version without a key.
    package init(_ query: [(name: String, value: String)]) throws(S3Error) {
        for (name, value) in query {
            switch name {
            case "prefix":
                try ListParameters.requireKeyLength(value, name)
                prefix = value
            case "delimiter":
                try ListParameters.requireKeyLength(value, name)
                delimiter = value.isEmpty ? nil : value
            case "max-keys": maxKeys = try ListLimit.parse(value, name: name, maximum: Self.maximumKeys)
            case "encoding-type": encoding = try ListEncoding(parameter: value)
            case "key-marker":
                try ListParameters.requireKeyLength(value, name)
                keyMarker = value
            case "version-id-marker": versionIDMarker = value
            case "metadata": withMetadata = value == "true"
            default: break
            }
        }
        if withMetadata { maxKeys = min(maxKeys, ListParameters.maximumWithMetadata) }
        guard !keyMarker.isEmpty || versionIDMarker.isEmpty else {
            throw S3Error(
                .invalidArgument, "A version-id marker cannot be specified without a key marker.",
                details: [("ArgumentName", "version-id-marker"), ("ArgumentValue", versionIDMarker)])
        }
    }

    /// The common prefix behind which the listing goes on, when its key marker is in one: that has been shown whole.
    package var markerPrefix: String? {
        switch ListPosition(marker: keyMarker, prefix: prefix, delimiter: delimiter) {
        case .commonPrefix(let prefix): prefix
        case .key: nil
        }
    }
}
