import Notation

/// One version of a listing of versions, or one delete marker.
package struct ListedVersion: Sendable {
    package enum Content: Sendable {
        /// - size: bytes of plaintext.
        case object(
            etag: ETag, size: Int64, storageClass: String, checksumAlgorithm: String?, checksumType: String?)
        case deleteMarker
    }

    package var key: String
    /// As clients are told it.
    package var versionID: String
    package var isLatest: Bool
    /// Milliseconds since 1970.
    package var modified: Int64
    package var content: Content
    /// Where it was asked for, and the sender may be told.
    package var metadata: ListedMetadata?

    package init(key: String, versionID: String, isLatest: Bool, modified: Int64, content: Content) {
        self.key = key
        self.versionID = versionID
        self.isLatest = isLatest
        self.modified = modified
        self.content = content
    }
}

/// `ListVersionsResult`: one page of a bucket's versions.
package struct ListVersionsResult: Sendable {
    /// Where the next page begins.
    package enum Next: Sendable {
        /// Behind this version of a key; its identifier means something to the server alone.
        case version(key: String, versionIDMarker: String)
        case commonPrefix(String)
    }

    package var bucket: String
    package var parameters: ListVersionsParameters
    package var versions: [ListedVersion]
    package var commonPrefixes: [String]
    /// Nil when this page is the last one.
    package var next: Next?

    package init(
        bucket: String, parameters: ListVersionsParameters, versions: [ListedVersion], commonPrefixes: [String],
        next: Next?
    ) {
        self.bucket = bucket
        self.parameters = parameters
        self.versions = versions
        self.commonPrefixes = commonPrefixes
        self.next = next
    }

    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 1024 + versions.count * 500 + commonPrefixes.count * 100)
        let encoding = parameters.encoding
        xml.openRoot("ListVersionsResult")
        xml.element("Name", bucket)
        xml.element("Prefix", encoding.encode(parameters.prefix))
        xml.element("KeyMarker", encoding.encode(parameters.keyMarker))
        xml.element("VersionIdMarker", parameters.versionIDMarker)
        switch next {
        case nil: break
        case .version(let key, let versionIDMarker):
            xml.element("NextKeyMarker", encoding.encode(key))
            xml.element("NextVersionIdMarker", versionIDMarker)
        case .commonPrefix(let prefix): xml.element("NextKeyMarker", encoding.encode(prefix))
        }
        xml.element("MaxKeys", parameters.maxKeys)
        xml.element("Delimiter", ifPresent: parameters.delimiter.map(encoding.encode))
        switch encoding {
        case .plain: break
        case .url: xml.element("EncodingType", "url")
        }
        xml.element("IsTruncated", next != nil)
        for version in versions { write(version, to: &xml) }
        for prefix in commonPrefixes {
            xml.markup("<CommonPrefixes><Prefix>")
            xml.text(encoding.encode(prefix))
            xml.markup("</Prefix></CommonPrefixes>")
        }
        xml.close("ListVersionsResult")
        return xml.bytes
    }

    private func write(_ version: ListedVersion, to xml: inout XMLWriter) {
        switch version.content {
        case .object(let etag, let size, let storageClass, let checksumAlgorithm, let checksumType):
            xml.open("Version")
            writeNames(version, to: &xml)
            xml.element("ETag", etag)
            xml.element("ChecksumAlgorithm", ifPresent: checksumAlgorithm)
            xml.element("ChecksumType", ifPresent: checksumType)
            xml.element("Size", size)
            xml.fragment(Owner.serverElement)
            xml.element("StorageClass", storageClass)
            version.metadata?.write(to: &xml)
            xml.close("Version")
        case .deleteMarker:
            xml.open("DeleteMarker")
            writeNames(version, to: &xml)
            xml.fragment(Owner.serverElement)
            xml.close("DeleteMarker")
        }
    }

    private func writeNames(_ version: ListedVersion, to xml: inout XMLWriter) {
        xml.element("Key", parameters.encoding.encode(version.key))
        xml.element("VersionId", version.versionID)
        xml.element("IsLatest", version.isLatest)
        xml.element("LastModified", milliseconds: version.modified)
    }
}
