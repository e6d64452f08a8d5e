/// A bucket's versioning: the body of PutBucketVersioning and the answer of GetBucketVersioning.
package struct VersioningConfiguration: Hashable, Sendable {
    package enum Status: String, Sendable {
        case enabled = "Enabled"
        case suspended = "Suspended"
    }

    /// Nil for a bucket that never had versioning; never in a request.
    package var status: Status?

    package init(status: Status?) {
        self.status = status
    }

    /// - Throws: `malformedXML`, also without a status; `notImplemented` where deletions are to need a second factor, and
    ///   for MinIO's exclusion of prefixes and folders: versions that a client relies on would be kept, or not, otherwise
    ///   than it was told.
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
        let excludesFolders = try root.optionalFlag("ExcludeFolders")
        guard excludesFolders != true, root.all("ExcludedPrefixes").allSatisfy(\.children.isEmpty) else {
            throw S3Error(.notImplemented, "The exclusion of prefixes and folders is not available")
        }
        guard let text = try root.optionalText("Status")?.trimmed, let status = Status(rawValue: text) else {
            throw S3Error(.malformedXML)
        }
        return VersioningConfiguration(status: status)
    }

    /// Of an answer, in which a bucket that never had versioning has no status.
    ///
    /// - Throws: `malformedXML`.
    package static func parse(answer document: some Collection<UInt8>) throws(S3Error) -> VersioningConfiguration {
        let root = try XMLReader.parse(document, root: "VersioningConfiguration")
        return VersioningConfiguration(status: try root.optionalText("Status").flatMap { Status(rawValue: $0.trimmed) })
    }

    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 192)
        xml.openRoot("VersioningConfiguration")
        xml.element("Status", ifPresent: status?.rawValue)
        xml.close("VersioningConfiguration")
        return xml.bytes
    }
}
