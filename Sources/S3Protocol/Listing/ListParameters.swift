import Notation

/// The two forms of an object listing.
package enum ListVersion: Hashable, Sendable {
    case v1
    case v2
}

/// How keys and prefixes are written into a listing.
package enum ListEncoding: Hashable, Sendable {
    case plain
    /// `encoding-type=url`: the only way to carry characters that XML cannot.
    case url
}

/// The query of a ListObjects or ListObjectsV2.
package struct ListParameters: Sendable {
    package var version: ListVersion
    package var prefix = ""
    /// Nil when absent or empty; may have several characters.
    package var delimiter: String?
    /// 0…1000.
    package var maxKeys = Self.maximumKeys
    package var encoding = ListEncoding.plain
    /// V1: what the client sent, echoed even when empty.
    package var marker = ""
    /// V2: what the client sent, echoed when present.
    package var startAfter: String?
    /// V2: the token as sent, echoed when present.
    package var continuationToken: String?
    /// V2: owners are shown only when asked for; V1 always shows them.
    package var fetchOwner = false
    /// MinIO's `metadata=true`: each object with its metadata and tags, and so fewer on a page.
    package var withMetadata = false
    /// Where the listing begins: the token's place, else behind `start-after` or `marker`, else nil for the front.
    package var start: ListPosition?

    package static let maximumKeys = 1000
    /// The most objects of a page that shows their metadata.
    package static let maximumWithMetadata = 200

    /// - Parameter query: decoded pairs; names unknown here are ignored.
    /// - Throws: `invalidArgument` for max-keys, encoding-type and continuation tokens that are not valid.
    package init(_ query: [(name: String, value: String)]) throws(S3Error) {
        version = query.contains { $0.name == "list-type" && $0.value == "2" } ? .v2 : .v1
        for (name, value) in query {
            try Self.requireKeyLength(value, name)
            switch name {
            case "prefix": prefix = value
            case "delimiter": delimiter = value.isEmpty ? nil : value
            case "max-keys": maxKeys = try ListLimit.parse(value, name: name, maximum: Self.maximumKeys)
            case "encoding-type": encoding = try ListEncoding(parameter: value)
            case "marker" where version == .v1: marker = value
            case "start-after" where version == .v2: startAfter = value
            case "continuation-token" where version == .v2: continuationToken = value
            case "metadata": withMetadata = value == "true"
            case "fetch-owner": fetchOwner = value.lowercased() == "true"
            default: break
            }
        }
        if withMetadata { maxKeys = min(maxKeys, Self.maximumWithMetadata) }
        switch version {
        case .v1: start = marker.isEmpty ? nil : markerPosition
        case .v2: start = try tokenPosition ?? startAfter.flatMap { $0.isEmpty ? nil : .key($0) }
        }
    }

    /// What is compared with keys need not be longer than a key can be.
    static func requireKeyLength(_ value: String, _ name: String) throws(S3Error) {
        switch name {
        case "prefix", "delimiter", "marker", "start-after", "key-marker":
            guard value.utf8.count > ObjectName.maximumByteCount else { return }
            throw S3Error(
                .invalidArgument, "The value of \(name) is longer than a key can be",
                details: [("ArgumentName", name)])
        default: break
        }
    }

    /// A V1 marker is compared with what the listing shows: a common prefix that begins it, or is it (a NextMarker may
    /// be one), lies before it.
    private var markerPosition: ListPosition {
        ListPosition(marker: marker, prefix: prefix, delimiter: delimiter)
    }

    private var tokenPosition: ListPosition? {
        get throws(S3Error) {
            guard let continuationToken else { return nil }
            guard let position = ListPosition(token: continuationToken) else {
                throw S3Error(
                    .invalidArgument, "The continuation token provided is incorrect",
                    details: [("ArgumentName", "continuation-token")])
            }
            return position
        }
    }
}

extension ListEncoding {
    /// - Throws: `invalidArgument` for anything but `url` and the empty text.
    package init(parameter: String) throws(S3Error) {
        switch parameter {
        case "": self = .plain
        case "url": self = .url
        case let other:
            throw S3Error(
                .invalidArgument, "Invalid Encoding Method specified in Request",
                details: [("ArgumentName", "encoding-type"), ("ArgumentValue", other)])
        }
    }

    /// `key` as the listing shows it.
    package func encode(_ key: String) -> String {
        switch self {
        case .plain: key
        // Most keys are their own encoding and need no copy.
        case .url: key.utf8.allSatisfy(Self.isLiteral) ? key : PercentEncoding.encodeForListing(key)
        }
    }

    private static func isLiteral(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x2F, 0x5F: true
        default: false
        }
    }
}

/// `max-keys`, `max-parts`, `max-uploads` and `max-buckets`: numbers that are cut to what one answer holds.
package enum ListLimit {
    /// The limit to use: `maximum` for an empty value, at most `maximum`.
    /// - Throws: `invalidArgument` unless it is a decimal number from 0 to 2³¹−1.
    package static func parse(_ value: String, name: String, maximum: Int) throws(S3Error) -> Int {
        guard !value.isEmpty else { return maximum }
        guard value.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int32(value) else {
            throw S3Error(
                .invalidArgument, "Argument \(name) must be an integer between 0 and 2147483647",
                details: [("ArgumentName", name), ("ArgumentValue", value)])
        }
        return min(Int(number), maximum)
    }
}
