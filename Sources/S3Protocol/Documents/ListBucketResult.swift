/// One object of a listing.
package struct ListedObject: Sendable {
    package var key: String
    /// Milliseconds since 1970.
    package var modified: Int64
    package var etag: ETag
    /// Bytes of plaintext.
    package var size: Int64
    /// How the object's checksum was made, when it has one.
    package var checksum: (algorithm: S3ChecksumAlgorithm, type: S3ChecksumType)?
    /// One of ``StorageClass``.
    package var storageClass: String
    /// When it was asked for, and may be told.
    package var metadata: ListedMetadata?

    package init(
        key: String, modified: Int64, etag: ETag, size: Int64,
        checksum: (algorithm: S3ChecksumAlgorithm, type: S3ChecksumType)? = nil,
        storageClass: String = StorageClass.standard.rawValue
    ) {
        self.key = key
        self.modified = modified
        self.etag = etag
        self.size = size
        self.checksum = checksum
        self.storageClass = storageClass
    }
}

/// `ListBucketResult` of both list versions.
package struct ListBucketResult: Sendable {
    package var bucket: String
    package var parameters: ListParameters
    package var objects: [ListedObject]
    package var commonPrefixes: [String]
    /// Where the next page begins; nil when this one is the last.
    package var next: ListPosition?

    package init(
        bucket: String, parameters: ListParameters, objects: [ListedObject], commonPrefixes: [String],
        next: ListPosition?
    ) {
        self.bucket = bucket
        self.parameters = parameters
        self.objects = objects
        self.commonPrefixes = commonPrefixes
        self.next = next
    }

    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 1024 + objects.count * 400 + commonPrefixes.count * 100)
        let encoding = parameters.encoding
        xml.openRoot("ListBucketResult")
        xml.element("Name", bucket)
        xml.element("Prefix", encoding.encode(parameters.prefix))
        let showsOwner: Bool
        switch parameters.version {
        case .v1:
            showsOwner = true
            xml.element("Marker", encoding.encode(parameters.marker))
            xml.element("NextMarker", ifPresent: (next?.text).map(encoding.encode))
        case .v2:
            showsOwner = parameters.fetchOwner
            xml.element("ContinuationToken", ifPresent: parameters.continuationToken)
            xml.element("NextContinuationToken", ifPresent: next?.token)
            xml.element("StartAfter", ifPresent: parameters.startAfter.map(encoding.encode))
            xml.element("KeyCount", objects.count + commonPrefixes.count)
        }
        xml.element("MaxKeys", parameters.maxKeys)
        xml.element("Delimiter", ifPresent: parameters.delimiter.map(encoding.encode))
        switch encoding {
        case .plain: break
        case .url: xml.element("EncodingType", "url")
        }
        xml.element("IsTruncated", next != nil)
        // By index: a copy of an element would count five references.
        for index in objects.indices { write(objects[index], showsOwner: showsOwner, to: &xml) }
        for prefix in commonPrefixes {
            xml.markup("<CommonPrefixes><Prefix>")
            xml.text(encoding.encode(prefix))
            xml.markup("</Prefix></CommonPrefixes>")
        }
        xml.close("ListBucketResult")
        return xml.bytes
    }

    /// The hot loop of a listing, so its markup comes in as few pieces as possible.
    private func write(_ object: ListedObject, showsOwner: Bool, to xml: inout XMLWriter) {
        xml.markup("<Contents><Key>")
        xml.text(parameters.encoding.encode(object.key))
        xml.markup("</Key><LastModified>")
        xml.milliseconds(object.modified)
        xml.markup("</LastModified><ETag>")
        xml.quoted(object.etag)
        if let (algorithm, type) = object.checksum {
            xml.markup("</ETag><ChecksumAlgorithm>")
            xml.text(algorithm.name)
            xml.markup("</ChecksumAlgorithm><ChecksumType>")
            xml.text(type.rawValue)
            xml.markup("</ChecksumType><Size>")
        } else {
            xml.markup("</ETag><Size>")
        }
        xml.number(object.size)
        xml.markup("</Size>")
        if showsOwner { xml.fragment(Owner.serverElement) }
        xml.markup("<StorageClass>")
        xml.text(object.storageClass)
        xml.markup("</StorageClass>")
        object.metadata?.write(to: &xml)
        xml.markup("</Contents>")
    }
}
