/// The body of a CompleteMultipartUpload request.
package struct CompleteMultipartUploadRequest: Sendable {
    package struct Part: Sendable {
        /// 1…10 000.
        package var number: Int
        package var etag: ETag
        /// Values of `ChecksumCRC32` and its siblings by element name, Base64 as sent.
        package var checksums: [(name: String, value: String)]
    }

    /// In the order of the document; that the numbers ascend is for the operation to check.
    package var parts: [Part]

    /// Parts that one upload may have.
    package static let maximumParts = 10_000

    /// - Throws: `malformedXML`, also for no part or too many; `invalidArgument` for a part number out of 1…10 000.
    package static func parse(_ document: some Collection<UInt8>) throws(S3Error) -> CompleteMultipartUploadRequest {
        let root = try XMLReader.parse(document, root: "CompleteMultipartUpload")
        let elements = root.all("Part")
        guard !elements.isEmpty else { throw S3Error(.malformedXML, "You must specify at least one part") }
        guard elements.count <= maximumParts else { throw S3Error(.malformedXML) }
        var parts: [Part] = []
        parts.reserveCapacity(elements.count)
        for element in elements {
            guard let number = try element.optionalNumber("PartNumber"), let tag = try element.optionalText("ETag")
            else {
                throw S3Error(.malformedXML)
            }
            guard (1...Int64(maximumParts)).contains(number) else { throw PartNumber.outOfRange(String(number)) }
            var checksums: [(name: String, value: String)] = []
            for child in element.children where child.name.begins(with: "Checksum") {
                checksums.append((child.name, child.text.trimmed))
            }
            parts.append(Part(number: Int(number), etag: ETag(lenient: tag), checksums: checksums))
        }
        return CompleteMultipartUploadRequest(parts: parts)
    }
}

/// The number of a part, 1…10 000.
package enum PartNumber {
    /// Reads the query's `partNumber` of an UploadPart.
    /// - Throws: `invalidArgument` unless it is a decimal number in range.
    package static func parse(_ text: String) throws(S3Error) -> Int {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text),
            (1...CompleteMultipartUploadRequest.maximumParts).contains(number)
        else { throw outOfRange(text) }
        return number
    }

    static func outOfRange(_ value: String) -> S3Error {
        S3Error(
            .invalidArgument, "Part number must be an integer between 1 and 10000, inclusive",
            details: [("ArgumentName", "partNumber"), ("ArgumentValue", value)])
    }
}

/// `InitiateMultipartUploadResult`.
package struct InitiateMultipartUploadResult: Sendable {
    package var bucket: String
    package var key: String
    package var uploadID: String

    package init(bucket: String, key: String, uploadID: String) {
        self.bucket = bucket
        self.key = key
        self.uploadID = uploadID
    }

    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 512)
        xml.openRoot("InitiateMultipartUploadResult")
        xml.element("Bucket", bucket)
        xml.element("Key", key)
        xml.element("UploadId", uploadID)
        xml.close("InitiateMultipartUploadResult")
        return xml.bytes
    }
}

/// `CompleteMultipartUploadResult`.
package struct CompleteMultipartUploadResult: Sendable {
    /// URL of the object.
    package var location: String
    package var bucket: String
    package var key: String
    package var etag: ETag
    /// `ChecksumCRC32` and its siblings, `ChecksumType`, by element name.
    package var checksums: [(name: String, value: String)]

    package init(
        location: String, bucket: String, key: String, etag: ETag, checksums: [(name: String, value: String)] = []
    ) {
        self.location = location
        self.bucket = bucket
        self.key = key
        self.etag = etag
        self.checksums = checksums
    }

    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 512)
        xml.openRoot("CompleteMultipartUploadResult")
        xml.element("Location", location)
        xml.element("Bucket", bucket)
        xml.element("Key", key)
        xml.element("ETag", etag)
        for (name, value) in checksums { xml.element(named: name, value) }
        xml.close("CompleteMultipartUploadResult")
        return xml.bytes
    }
}

/// The query of a ListParts.
package struct ListPartsParameters: Hashable, Sendable {
    package var uploadID: String
    /// List parts with a higher number; 0 at the front.
    package var partNumberMarker = 0
    /// 0…1000.
    package var maxParts = 1000
    package var encoding = ListEncoding.plain

    /// - Throws: `invalidArgument` for a number or encoding that is not valid.
    package init(_ query: [(name: String, value: String)]) throws(S3Error) {
        uploadID = ""
        for (name, value) in query {
            switch name {
            case "uploadId": uploadID = value
            case "part-number-marker" where !value.isEmpty:
                partNumberMarker = try ListLimit.parse(value, name: name, maximum: Int(Int32.max))
            case "max-parts": maxParts = try ListLimit.parse(value, name: name, maximum: 1000)
            case "encoding-type": encoding = try ListEncoding(parameter: value)
            default: break
            }
        }
    }
}

/// `ListPartsResult`.
package struct ListPartsResult: Sendable {
    package struct Part: Sendable {
        package var number: Int
        /// Milliseconds since 1970.
        package var modified: Int64
        package var etag: ETag
        /// Bytes of plaintext.
        package var size: Int64
        package var checksums: [(name: String, value: String)]

        package init(
            number: Int, modified: Int64, etag: ETag, size: Int64, checksums: [(name: String, value: String)] = []
        ) {
            self.number = number
            self.modified = modified
            self.etag = etag
            self.size = size
            self.checksums = checksums
        }
    }

    package var bucket: String
    package var key: String
    package var parameters: ListPartsParameters
    package var parts: [Part]
    /// More parts follow the last one here.
    package var isTruncated: Bool
    /// The upload's checksum algorithm and type, when it has them.
    package var checksumAlgorithm: String?
    package var checksumType: String?
    /// One of ``StorageClass``.
    package var storageClass: String

    package init(
        bucket: String, key: String, parameters: ListPartsParameters, parts: [Part], isTruncated: Bool,
        checksumAlgorithm: String? = nil, checksumType: String? = nil,
        storageClass: String = StorageClass.standard.rawValue
    ) {
        self.bucket = bucket
        self.key = key
        self.parameters = parameters
        self.parts = parts
        self.isTruncated = isTruncated
        self.checksumAlgorithm = checksumAlgorithm
        self.checksumType = checksumType
        self.storageClass = storageClass
    }

    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 1024 + parts.count * 256)
        xml.openRoot("ListPartsResult")
        xml.element("Bucket", bucket)
        xml.element("Key", parameters.encoding.encode(key))
        xml.element("UploadId", parameters.uploadID)
        Owner.server.write(as: "Initiator", to: &xml)
        Owner.server.write(as: "Owner", to: &xml)
        xml.element("StorageClass", storageClass)
        xml.element("PartNumberMarker", parameters.partNumberMarker)
        xml.element("NextPartNumberMarker", parts.last?.number ?? 0)
        xml.element("MaxParts", parameters.maxParts)
        switch parameters.encoding {
        case .plain: break
        case .url: xml.element("EncodingType", "url")
        }
        xml.element("IsTruncated", isTruncated)
        xml.element("ChecksumAlgorithm", ifPresent: checksumAlgorithm)
        xml.element("ChecksumType", ifPresent: checksumType)
        for part in parts {
            xml.open("Part")
            xml.element("PartNumber", part.number)
            xml.element("LastModified", milliseconds: part.modified)
            xml.element("ETag", part.etag)
            xml.element("Size", part.size)
            for (name, value) in part.checksums { xml.element(named: name, value) }
            xml.close("Part")
        }
        xml.close("ListPartsResult")
        return xml.bytes
    }
}
