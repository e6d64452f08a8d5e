/// A bucket's versioning: the body of PutBucketVersioning and the answer of GetBucketVersioning.
package struct VersioningConfiguration: Hashable, Sendable {
    package enum Status: String, Sendable {
        case enabled = "Enabled"
        case suspended = "Suspended"
    }

    /// Nil for a bucket that never had versioning; never in a request.
    package var status: Status?
    /// MinIO's: what keys begin with that have no versions all the same; `*` stands for any text.
    package var excludedPrefixes: [String]
    /// MinIO's: whether keys that end with a slash have none.
    package var excludesFolders: Bool

    package static let greatestExcludedPrefixes = 10
    /// Bytes of one excluded prefix: of a key.
    package static let longestExcludedPrefix = ObjectName.maximumByteCount

    package init(status: Status?, excludedPrefixes: [String] = [], excludesFolders: Bool = false) {
        self.status = status
        self.excludedPrefixes = excludedPrefixes
        self.excludesFolders = excludesFolders
    }

    /// Whether not all keys are alike.
    package var excludes: Bool { excludesFolders || !excludedPrefixes.isEmpty }

    /// - Throws: `malformedXML`, also without a status; `notImplemented` where deletions are to need a second factor;
    ///   `invalidArgument` for exclusions of a bucket without versions, for too many, and for a prefix that is empty or longer
    ///   than a key.
    package static func parse(_ document: some Collection<UInt8>) throws(S3Error) -> VersioningConfiguration {
        let root = try XMLReader.parse(document, root: "VersioningConfiguration")
        for name in ["MfaDelete", "MFADelete"] {
            switch try root.optionalText(name)?.trimmed {
            case nil, "", "Disabled": break
            case "Enabled":
                throw S3Error(.notImplemented, "Deletion with multi-factor authentication is not available")
            case .some: throw S3Error(.malformedXML)
            }
        }
        guard let text = try root.optionalText("Status")?.trimmed, let status = Status(rawValue: text) else {
            throw S3Error(.malformedXML)
        }
        let configuration = try read(root, status)
        guard !configuration.excludes || status == .enabled else {
            throw S3Error(.invalidArgument, "Prefixes and folders can be excluded from enabled versioning only")
        }
        return configuration
    }

    /// Of an answer, in which a bucket that never had versioning has no status.
    ///
    /// - Throws: as ``parse(_:)``.
    package static func parse(answer document: some Collection<UInt8>) throws(S3Error) -> VersioningConfiguration {
        let root = try XMLReader.parse(document, root: "VersioningConfiguration")
        return try read(root, try root.optionalText("Status").flatMap { Status(rawValue: $0.trimmed) })
    }

    private static func read(_ root: XMLElement, _ status: Status?) throws(S3Error) -> VersioningConfiguration {
        var prefixes: [String] = []
        for element in root.all("ExcludedPrefixes") {
            for prefix in element.all("Prefix") {
                let prefix = prefix.text
                guard !prefix.isEmpty, prefix.utf8.count <= longestExcludedPrefix else {
                    throw S3Error(.invalidArgument, "An excluded prefix has 1 to \(longestExcludedPrefix) bytes")
                }
                prefixes.append(prefix)
            }
        }
        guard prefixes.count <= greatestExcludedPrefixes else {
            throw S3Error(
                .invalidArgument, "At most \(greatestExcludedPrefixes) prefixes can be excluded from versioning")
        }
        return VersioningConfiguration(
            status: status, excludedPrefixes: prefixes,
            excludesFolders: try root.optionalFlag("ExcludeFolders") ?? false)
    }

    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 192)
        xml.openRoot("VersioningConfiguration")
        xml.element("Status", ifPresent: status?.rawValue)
        for prefix in excludedPrefixes {
            xml.open("ExcludedPrefixes")
            xml.element("Prefix", prefix)
            xml.close("ExcludedPrefixes")
        }
        if excludesFolders { xml.element("ExcludeFolders", true) }
        xml.close("VersioningConfiguration")
        return xml.bytes
    }
}
