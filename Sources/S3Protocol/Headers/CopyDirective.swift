/// Whether a copy takes something over from its source or gets it from its own request.
package enum CopyDirective: String, Sendable {
    case copy = "COPY"
    case replace = "REPLACE"

    /// What the directive is about.
    package enum Subject: String, Sendable {
        case metadata, tagging

        var header: String { "x-amz-\(rawValue)-directive" }
    }

    /// Reads `x-amz-metadata-directive` or `x-amz-tagging-directive`; ``copy`` without one.
    ///
    /// - Throws: `InvalidArgument` for any other value.
    package init(_ subject: Subject, _ headers: [(name: String, value: String)]) throws(S3Error) {
        guard let value = headers.first(where: { $0.name == subject.header })?.value else {
            self = .copy
            return
        }
        guard let known = CopyDirective(rawValue: value) else {
            throw S3Error(
                .invalidArgument, "Unknown \(subject.rawValue) directive.",
                details: [("ArgumentName", subject.header), ("ArgumentValue", value)])
        }
        self = known
    }
}
