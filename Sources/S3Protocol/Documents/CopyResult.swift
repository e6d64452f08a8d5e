/// `CopyObjectResult` and `CopyPartResult`.
package struct CopyResult: Sendable {
    package var etag: ETag
    /// Milliseconds since 1970.
    package var modified: Int64
    /// `ChecksumCRC32` and its siblings by element name.
    package var checksums: [(name: String, value: String)]

    package init(etag: ETag, modified: Int64, checksums: [(name: String, value: String)] = []) {
        self.etag = etag
        self.modified = modified
        self.checksums = checksums
    }

    /// The answer of CopyObject.
    package func objectXML() -> [UInt8] { xml(root: "CopyObjectResult") }

    /// The answer of UploadPartCopy.
    package func partXML() -> [UInt8] { xml(root: "CopyPartResult") }

    private func xml(root: StaticString) -> [UInt8] {
        var xml = XMLWriter(capacity: 384)
        xml.openRoot(root)
        xml.element("LastModified", milliseconds: modified)
        xml.element("ETag", etag)
        for (name, value) in checksums { xml.element(named: name, value) }
        xml.close(root)
        return xml.bytes
    }
}
