/// One annotation of a listing.
package struct ListedAnnotation: Sendable {
    package var name: AnnotationName
    /// Milliseconds since 1970.
    package var modified: Int64
    package var etag: ETag
    /// `CRC32` and its like, when it has a checksum.
    package var checksumAlgorithm: String?
    /// Bytes of plaintext.
    package var size: Int64

    package init(name: AnnotationName, modified: Int64, etag: ETag, checksumAlgorithm: String?, size: Int64) {
        self.name = name
        self.modified = modified
        self.etag = etag
        self.checksumAlgorithm = checksumAlgorithm
        self.size = size
    }
}

/// The query of a ListObjectAnnotations.
package struct ListAnnotationsParameters: Sendable {
    /// Empty when absent.
    package let prefix: String
    /// 1…1000.
    package let limit: Int
    /// As sent, echoed when present.
    package let token: String?
    /// The name behind which the page begins.
    let after: String?

    package static let maximum = 1000

    /// - Parameter query: decoded pairs.
    /// - Throws: `invalidArgument` for a limit or a token that is none, `invalidPrefix` for one that is no name's beginning.
    package init(_ query: [(name: String, value: String)]) throws(S3Error) {
        func value(_ name: String) -> String? { query.first { $0.name == name }?.value }
        prefix = value("annotation-prefix") ?? ""
        guard prefix.utf8.count <= AnnotationName.maximumByteCount else { throw S3Error(.invalidPrefix) }
        let limitName = "max-annotation-results"
        limit =
            try value(limitName).map { text throws(S3Error) in
                try ListLimit.parse(text, name: limitName, maximum: Self.maximum)
            } ?? Self.maximum
        guard limit > 0 else {
            throw S3Error(
                .invalidArgument, "\(limitName) must be from 1 to \(Self.maximum)",
                details: [("ArgumentName", limitName)])
        }
        token = value("continuation-token").flatMap { $0.isEmpty ? nil : $0 }
        guard let token else {
            after = nil
            return
        }
        guard case .key(let name) = ListPosition(token: token) else {
            throw S3Error(
                .invalidArgument, "The continuation token provided is incorrect",
                details: [("ArgumentName", "continuation-token")])
        }
        after = name
    }
}

/// The answer of ListObjectAnnotations.
package struct ListAnnotationsResult: Sendable {
    private let bucket: String
    private let key: String
    private let parameters: ListAnnotationsParameters
    private let annotations: ArraySlice<ListedAnnotation>
    private let next: String?

    /// - Parameter all: every annotation of the object, in whatever order; at most a thousand.
    package init(bucket: String, key: String, parameters: ListAnnotationsParameters, all: [ListedAnnotation]) {
        self.bucket = bucket
        self.key = key
        self.parameters = parameters
        let wanted = all.filter { annotation in
            let name = annotation.name.rawValue.utf8
            let isBehind = parameters.after.map { $0.utf8.lexicographicallyPrecedes(name) } ?? true
            return isBehind && name.starts(with: parameters.prefix.utf8)
        }
        .sorted { $0.name.rawValue.utf8.lexicographicallyPrecedes($1.name.rawValue.utf8) }
        annotations = wanted.prefix(parameters.limit)
        next = wanted.count > parameters.limit ? annotations.last.map { ListPosition.key($0.name.rawValue).token } : nil
    }

    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 1024 + annotations.count * 300)
        xml.openRoot("ListObjectAnnotationsResult")
        xml.element("Bucket", bucket)
        xml.element("Key", key)
        xml.element("AnnotationPrefix", ifPresent: parameters.prefix.isEmpty ? nil : parameters.prefix)
        xml.element("MaxAnnotationResults", parameters.limit)
        xml.element("AnnotationCount", annotations.count)
        xml.element("ContinuationToken", ifPresent: parameters.token)
        xml.element("NextContinuationToken", ifPresent: next)
        xml.open("Annotations")
        for annotation in annotations {
            xml.open("AnnotationEntry")
            xml.element("AnnotationName", annotation.name.rawValue)
            xml.element("LastModified", milliseconds: annotation.modified)
            xml.element("ETag", annotation.etag)
            xml.element("ChecksumAlgorithm", ifPresent: annotation.checksumAlgorithm)
            xml.element("Size", Int(annotation.size))
            xml.close("AnnotationEntry")
        }
        xml.close("Annotations")
        xml.close("ListObjectAnnotationsResult")
        return xml.bytes
    }
}

/// The answer of PutObjectAnnotation.
package enum AnnotationResult {
    package static func xml(key: ObjectName, annotation: AnnotationName) -> [UInt8] {
        var xml = XMLWriter(capacity: 512)
        xml.openRoot("PutObjectAnnotationResult")
        xml.element("Key", key.rawValue)
        xml.element("AnnotationName", annotation.rawValue)
        xml.close("PutObjectAnnotationResult")
        return xml.bytes
    }
}
