/// The origins whose pages may use every bucket that has no CORS configuration of its own: MinIO's
/// `MINIO_API_CORS_ALLOW_ORIGIN`.
package struct AllowedOrigins: Sendable {
    private let patterns: [WildcardPattern]

    package static let any = AllowedOrigins(patterns: [.any])

    private init(patterns: [WildcardPattern]) { self.patterns = patterns }

    /// A list separated by commas; nil when an origin has several `*`, or none is named.
    package init?(_ list: String) {
        var patterns: [WildcardPattern] = []
        for origin in list.split(separator: ",") {
            let origin = origin.trimmed
            if origin.isEmpty { continue }
            guard let pattern = WildcardPattern(origin) else { return nil }
            patterns.append(pattern)
        }
        guard !patterns.isEmpty else { return nil }
        self.patterns = patterns
    }

    /// The headers that allow what a page of another origin asks for; nil when it is of none of these.
    package func answer(to request: CrossOriginRequest) -> [(name: String, value: String)]? {
        guard patterns.contains(where: { $0.matches(request.origin) }) else { return nil }
        var headers = [
            (name: "access-control-allow-origin", value: request.origin),
            ("access-control-allow-credentials", "true"),
        ]
        if request.isPreflight {
            headers.append(("access-control-allow-methods", request.method.rawValue))
            if !request.headers.isEmpty {
                headers.append(("access-control-allow-headers", request.headers.joined(separator: ", ")))
            }
        } else {
            headers.append(("access-control-expose-headers", Self.exposed))
        }
        headers.append(CrossOriginRequest.vary)
        return headers
    }

    /// Browsers take a `*` literally where credentials are allowed: what pages read is also named in full.
    private static let exposed = [
        "Date", "ETag", "Server", "Connection", "Accept-Ranges", "Content-Range", "Content-Encoding", "Content-Length",
        "Content-Type", "Content-Disposition", "Last-Modified", "Content-Language", "Cache-Control", "Retry-After",
        "X-Amz-Bucket-Region", "Expires", "X-Amz-Request-Id", "X-Amz-Id-2", "X-Amz-Version-Id", "X-Amz-Delete-Marker",
        "X-Amz-Server-Side-Encryption", "X-Amz-Tagging-Count", "X-Amz-Mp-Parts-Count", "X-Amz-Storage-Class",
        "X-Amz*", "*",
    ].joined(separator: ", ")
}
