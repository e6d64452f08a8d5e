/// What a GetObjectAttributes wants to know, from its headers.
package struct ObjectAttributesRequest: Sendable {
    package enum Attribute: String, Hashable, Sendable {
        case etag = "ETag"
        case checksum = "Checksum"
        case parts = "ObjectParts"
        case storageClass = "StorageClass"
        case size = "ObjectSize"
    }

    /// At least one.
    package let attributes: Set<Attribute>
    /// 0…1000.
    package let maxParts: Int
    /// Parts with greater numbers are wanted.
    package let partNumberMarker: Int

    package static let maximumParts = 1000

    /// - Throws: `invalidArgument` for no attribute or an unknown one, and for a number that is none.
    package init(_ headers: [(name: String, value: String)]) throws(S3Error) {
        var attributes: Set<Attribute> = []
        for (name, value) in headers where name == Self.header {
            for text in value.split(separator: ",") where !text.trimmed.isEmpty {
                guard let attribute = Attribute(rawValue: text.trimmed) else {
                    throw S3Error(
                        .invalidArgument, "Invalid attribute name specified.",
                        details: [("ArgumentName", Self.header), ("ArgumentValue", text.trimmed)])
                }
                attributes.insert(attribute)
            }
        }
        guard !attributes.isEmpty else {
            throw S3Error(
                .invalidArgument,
                "The \(Self.header) header, which says what is to be told, is missing or empty",
                details: [("ArgumentName", Self.header)])
        }
        self.attributes = attributes
        maxParts = min(try Self.number("x-amz-max-parts", headers) ?? Self.maximumParts, Self.maximumParts)
        partNumberMarker = try Self.number("x-amz-part-number-marker", headers) ?? 0
    }

    private static let header = "x-amz-object-attributes"

    /// A number from 0 to 2³¹ - 1.
    private static func number(
        _ name: String, _ headers: [(name: String, value: String)]
    ) throws(S3Error) -> Int? {
        guard let text = headers.firstValue(of: name), !text.isEmpty else { return nil }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int32(text) else {
            throw S3Error(
                .invalidArgument, "Provided \(name) not an integer or within integer range",
                details: [("ArgumentName", name), ("ArgumentValue", text)])
        }
        return Int(number)
    }
}

/// `GetObjectAttributesResponse`.
package struct ObjectAttributesResult: Sendable {
    package struct Part: Sendable {
        /// Counted from one, in the order of the object.
        package var number: Int
        /// Bytes.
        package var size: Int64
        /// The element and the value in base64, when the part has one.
        package var checksum: (name: String, value: String)?

        package init(number: Int, size: Int64, checksum: (name: String, value: String)?) {
            self.number = number
            self.size = size
            self.checksum = checksum
        }
    }

    /// One page of the parts.
    package struct Parts: Sendable {
        /// Of the whole object.
        package var count: Int
        package var parts: [Part]
        package var request: ObjectAttributesRequest

        package init(count: Int, parts: [Part], request: ObjectAttributesRequest) {
            self.count = count
            self.parts = parts
            self.request = request
        }
    }

    // What was not asked for, or the object has not, is nil.
    package var etag: ETag?
    /// Elements by name, `ChecksumType` among them.
    package var checksum: [(name: String, value: String)] = []
    package var parts: Parts?
    package var storageClass: String?
    package var size: Int64?

    package init() {}

    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 512 + (parts?.parts.count ?? 0) * 128)
        xml.openRoot("GetObjectAttributesResponse")
        // Without quotes, here alone.
        xml.element("ETag", ifPresent: etag?.value)
        if !checksum.isEmpty {
            xml.open("Checksum")
            for (name, value) in checksum { xml.element(named: name, value) }
            xml.close("Checksum")
        }
        parts?.write(to: &xml)
        xml.element("StorageClass", ifPresent: storageClass)
        if let size { xml.element("ObjectSize", size) }
        xml.close("GetObjectAttributesResponse")
        return xml.bytes
    }
}

extension ObjectAttributesResult.Parts {
    fileprivate func write(to xml: inout XMLWriter) {
        let last = parts.last?.number ?? request.partNumberMarker
        xml.open("ObjectParts")
        xml.element("IsTruncated", request.maxParts > 0 && last < count)
        xml.element("MaxParts", request.maxParts)
        xml.element("NextPartNumberMarker", last)
        xml.element("PartNumberMarker", request.partNumberMarker)
        for part in parts {
            xml.open("Part")
            if let checksum = part.checksum { xml.element(named: checksum.name, checksum.value) }
            xml.element("PartNumber", part.number)
            xml.element("Size", part.size)
            xml.close("Part")
        }
        xml.element("PartsCount", count)
        xml.close("ObjectParts")
    }
}
