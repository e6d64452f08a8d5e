/// The name of an annotation: 1 to 512 bytes of UTF-8 that XML can carry, not beginning with `aws` or `s3` in any case.
package struct AnnotationName: Hashable, Sendable {
    package let rawValue: String

    package static let maximumByteCount = 512

    /// - Throws: `annotationNameTooLong`, `invalidAnnotationName`.
    package init(_ text: String) throws(S3Error) {
        guard text.utf8.count <= Self.maximumByteCount else { throw S3Error(.annotationNameTooLong) }
        let start = text.prefix(3).lowercased()
        guard !text.isEmpty, !start.hasPrefix("aws"), !start.hasPrefix("s3"),
            text.unicodeScalars.allSatisfy(Self.isLegal)
        else { throw S3Error(.invalidAnnotationName) }
        rawValue = text
    }

    private static func isLegal(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x20 && scalar.value != 0x7F && scalar.value != 0xFFFE && scalar.value != 0xFFFF
    }

    package static func == (one: AnnotationName, other: AnnotationName) -> Bool {
        one.rawValue.hasSameBytes(as: other.rawValue)
    }

    package func hash(into hasher: inout Hasher) {
        for byte in rawValue.utf8 { hasher.combine(byte) }
    }
}

/// Whether a copy has its source's annotations: `x-amz-object-annotation-directive`.
package enum AnnotationDirective: String, Sendable {
    case copy = "COPY"
    case exclude = "EXCLUDE"

    package static let header = "x-amz-object-annotation-directive"

    /// - Parameter value: of the header, or of the query's key of its name; nil stands for `COPY`.
    /// - Throws: `invalidArgument` for an unknown one.
    package init(_ value: String?) throws(S3Error) {
        guard let value else {
            self = .copy
            return
        }
        guard let directive = Self(rawValue: value) else {
            throw S3Error(
                .invalidArgument, "Unknown annotation directive.",
                details: [("ArgumentName", Self.header), ("ArgumentValue", value)])
        }
        self = directive
    }
}
