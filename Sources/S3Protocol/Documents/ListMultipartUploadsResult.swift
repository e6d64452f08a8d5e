/// `ListMultipartUploadsResult`.
package struct ListMultipartUploadsResult: Sendable {
    package struct Upload: Sendable {
        package var key: String
        package var id: String
        /// Milliseconds since 1970.
        package var initiated: Int64
        /// One of ``StorageClass``.
        package var storageClass: String
        /// What the upload announced, when it did.
        package var checksum: UploadChecksum?

        package init(
            key: String, id: String, initiated: Int64, storageClass: String = StorageClass.standard.rawValue,
            checksum: UploadChecksum? = nil
        ) {
            self.key = key
            self.id = id
            self.initiated = initiated
            self.storageClass = storageClass
            self.checksum = checksum
        }
    }

    /// Where the next page begins: behind this upload of this key, or behind everything in a common prefix.
    package struct Next: Sendable {
        package var key: String
        /// Empty behind a common prefix.
        package var uploadID: String

        package init(key: String, uploadID: String) {
            self.key = key
            self.uploadID = uploadID
        }
    }

    package var bucket: String
    package var parameters: ListUploadsParameters
    package var uploads: [Upload]
    package var commonPrefixes: [String]
    /// Nil when this page is the last.
    package var next: Next?

    package init(
        bucket: String, parameters: ListUploadsParameters, uploads: [Upload], commonPrefixes: [String], next: Next?
    ) {
        self.bucket = bucket
        self.parameters = parameters
        self.uploads = uploads
        self.commonPrefixes = commonPrefixes
        self.next = next
    }

    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 1024 + uploads.count * 640 + commonPrefixes.count * 100)
        let encoding = parameters.encoding
        xml.openRoot("ListMultipartUploadsResult")
        xml.element("Bucket", bucket)
        xml.element("KeyMarker", encoding.encode(parameters.keyMarker))
        xml.element("UploadIdMarker", parameters.uploadIDMarker)
        if let next {
            xml.element("NextKeyMarker", encoding.encode(next.key))
            xml.element("NextUploadIdMarker", next.uploadID)
        }
        xml.element("Prefix", encoding.encode(parameters.prefix))
        xml.element("Delimiter", ifPresent: parameters.delimiter.map(encoding.encode))
        xml.element("MaxUploads", parameters.maxUploads)
        switch encoding {
        case .plain: break
        case .url: xml.element("EncodingType", "url")
        }
        xml.element("IsTruncated", next != nil)
        for upload in uploads { write(upload, to: &xml) }
        for prefix in commonPrefixes {
            xml.markup("<CommonPrefixes><Prefix>")
            xml.text(encoding.encode(prefix))
            xml.markup("</Prefix></CommonPrefixes>")
        }
        xml.close("ListMultipartUploadsResult")
        return xml.bytes
    }

    private func write(_ upload: Upload, to xml: inout XMLWriter) {
        xml.open("Upload")
        xml.element("Key", parameters.encoding.encode(upload.key))
        xml.element("UploadId", upload.id)
        Owner.server.write(as: "Initiator", to: &xml)
        xml.fragment(Owner.serverElement)
        xml.element("StorageClass", upload.storageClass)
        xml.element("Initiated", milliseconds: upload.initiated)
        xml.element("ChecksumAlgorithm", ifPresent: upload.checksum?.algorithm.name)
        xml.element("ChecksumType", ifPresent: upload.checksum?.type.rawValue)
        xml.close("Upload")
    }
}
