/// One rule of a bucket's CORS configuration: which pages of other origins may do what from within a browser.
package struct CORSRule: Hashable, Sendable {
    package enum Method: String, Hashable, Sendable, CaseIterable {
        case get = "GET"
        case put = "PUT"
        case post = "POST"
        case delete = "DELETE"
        case head = "HEAD"
    }

    /// As the client calls it, at most 255 characters; has no effect.
    package var id: String?
    /// At least one.
    package var allowedOrigins: [WildcardPattern]
    /// At least one.
    package var allowedMethods: [Method]
    /// In lower case.
    package var allowedHeaders: [WildcardPattern]
    /// Names of headers that pages may read of an answer.
    package var exposedHeaders: [String]
    /// How long a browser may go by the answer to a preflight request.
    package var maxAgeSeconds: Int64?

    /// The headers that allow what a page of another origin asks for; nil when the rule does not.
    package func answer(to request: CrossOriginRequest) -> [(name: String, value: String)]? {
        guard allowedMethods.contains(request.method), let origin = answer(to: request.origin),
            request.headers.allSatisfy({ header in allowedHeaders.contains { $0.matches(header) } })
        else { return nil }
        var headers = [
            (name: "access-control-allow-origin", value: origin),
            ("access-control-allow-methods", allowedMethods.map(\.rawValue).joined(separator: ", ")),
        ]
        if origin != "*" { headers.append(("access-control-allow-credentials", "true")) }
        if !request.headers.isEmpty {
            headers.append(("access-control-allow-headers", request.headers.joined(separator: ", ")))
        }
        if !exposedHeaders.isEmpty {
            headers.append(("access-control-expose-headers", exposedHeaders.joined(separator: ", ")))
        }
        if let maxAgeSeconds, request.isPreflight {
            headers.append(("access-control-max-age", "\(maxAgeSeconds)"))
        }
        headers.append(CrossOriginRequest.vary)
        return headers
    }

    /// The origin as the answer names it, `*` where the rule allows every one; nil when it does not allow this one.
    private func answer(to origin: String) -> String? {
        guard let pattern = allowedOrigins.first(where: { $0.matches(origin) }) else { return nil }
        return pattern.isAny ? "*" : origin
    }
}
