/// What a request addresses.
package enum ResourceLevel: Sendable {
    case service, bucket, object
}

/// Where an operation answers: method, level, the query keys and the header that make a request its own, and the query
/// keys that it understands besides.
///
/// A request with a query key that its operation does not understand may mean something that this server does not know.
/// See ``OperationTable/operation(method:level:query:hasHeader:)`` for what becomes of it.
package struct Route: Sendable {
    package let method: String
    package let level: ResourceLevel
    /// Query keys that a request for this operation must have, all of them.
    ///
    /// `["partNumber", "uploadId"]` for UploadPart.
    package let required: Set<String>
    /// Parameters that may be present.
    package let understood: Set<String>
    /// A header that must be present (`x-amz-copy-source` tells CopyObject from PutObject), or `nil`.
    package let header: String?

    package init(
        _ method: String, _ level: ResourceLevel, requiring required: Set<String> = [],
        understanding understood: Set<String> = [], header: String? = nil
    ) {
        self.method = method
        self.level = level
        self.required = required
        self.understood = understood
        self.header = header
    }

    /// How specific the route is: of all that fit, the one that names the most wins.
    ///
    /// A tie is a defect of the table.
    package var specificity: Int { required.count * 2 + (header == nil ? 0 : 1) }

    func fits(_ query: [(name: String, value: String)], hasHeader: (String) -> Bool) -> Bool {
        guard required.allSatisfy({ name in query.contains { $0.name == name } }) else { return false }
        guard let header else { return true }
        return hasHeader(header)
    }

    /// Whether performing the operation changes nothing.
    package var isRead: Bool { method == "GET" || method == "HEAD" }

    package func understands(_ name: String) -> Bool { required.contains(name) || understood.contains(name) }

    /// The parameters of a listing of objects, version 1 and 2; clients of the one send those of the other.
    package static let listing: Set<String> = [
        "prefix", "delimiter", "max-keys", "marker", "encoding-type", "start-after", "continuation-token",
        "fetch-owner", "metadata",
    ]
    /// The parameters of a GET or HEAD of an object.
    package static let reading: Set<String> = [
        "versionId", "partNumber", "response-content-type", "response-cache-control", "response-content-disposition",
        "response-content-encoding", "response-content-language", "response-expires",
    ]
}
