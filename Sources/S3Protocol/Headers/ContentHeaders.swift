/// The headers that describe an object's content: stored with it and given back with it.
package struct ContentHeaders: Hashable, Sendable {
    package var contentType: String?
    package var cacheControl: String?
    package var contentDisposition: String?
    /// Without `aws-chunked`, which describes the request and not the object.
    package var contentEncoding: String?
    package var contentLanguage: String?
    /// As sent; it need not be a date.
    package var expires: String?

    /// What an object without a type is said to be.
    package static let defaultContentType = "binary/octet-stream"

    package init() {}

    /// Reads a write's headers; an empty value is no value.
    package init(_ headers: [(name: String, value: String)]) {
        for index in headers.indices {
            switch headers[index].name.utf8.first {
            case UInt8(ascii: "c"), UInt8(ascii: "e"): break
            default: continue
            }
            let (name, value) = headers[index]
            if value.isEmpty { continue }
            switch name {
            case "content-type": contentType = value
            case "cache-control": cacheControl = value
            case "content-disposition": contentDisposition = value
            case "content-encoding":
                let codings = [contentEncoding, ContentEncoding.withoutAWSChunked(value)].compactMap(\.self)
                contentEncoding = codings.isEmpty ? nil : codings.joined(separator: ",")
            case "content-language": contentLanguage = value
            case "expires": expires = value
            default: break
            }
        }
    }

    /// Bytes of the names and values stored, all together, that one object may have; AWS's limit for a whole head.
    package static let maximumSize = 8192

    /// Throws `RequestHeaderSectionTooLarge` (400) when there is more than ``maximumSize``.
    package func requireStorableSize() throws(S3Error) {
        let stored = [
            ("content-type", contentType), ("cache-control", cacheControl),
            ("content-disposition", contentDisposition), ("content-encoding", contentEncoding),
            ("content-language", contentLanguage), ("expires", expires),
        ]
        let size = stored.reduce(0) { sum, header in
            sum + (header.1.map { header.0.utf8.count + $0.utf8.count } ?? 0)
        }
        guard size <= Self.maximumSize else {
            throw S3Error(.requestHeaderSectionTooLarge, details: [("MaxSizeAllowed", "\(Self.maximumSize)")])
        }
    }

    /// The headers of a GET or HEAD answer; `content-type` is always among them.
    package var responseHeaders: [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        appendResponseHeaders(to: &headers)
        return headers
    }

    package func appendResponseHeaders(to headers: inout [(name: String, value: String)]) {
        headers.append(("content-type", contentType ?? Self.defaultContentType))
        if let cacheControl { headers.append(("cache-control", cacheControl)) }
        if let contentDisposition { headers.append(("content-disposition", contentDisposition)) }
        if let contentEncoding { headers.append(("content-encoding", contentEncoding)) }
        if let contentLanguage { headers.append(("content-language", contentLanguage)) }
        if let expires { headers.append(("expires", expires)) }
    }
}

/// The `response-…` parameters with which a GET replaces headers of its answer.
package struct ResponseOverrides: Hashable, Sendable {
    private var headers: ContentHeaders?

    /// - Parameter query: decoded pairs.
    /// - Throws: `invalidArgument` for a value with control characters, which would end the header and begin another, and
    ///   for one with characters that ISO 8859-1 does not have, as AWS does: names in other scripts belong into
    ///   `filename*=UTF-8''…`.
    package init(_ query: [(name: String, value: String)]) throws(S3Error) {
        guard !query.isEmpty else { return }
        var headers = ContentHeaders()
        for (name, value) in query where name.begins(with: "response-") && !value.isEmpty {
            switch name {
            case "response-content-type": headers.contentType = try Self.checked(value, name)
            case "response-cache-control": headers.cacheControl = try Self.checked(value, name)
            case "response-content-disposition": headers.contentDisposition = try Self.checked(value, name)
            case "response-content-encoding": headers.contentEncoding = try Self.checked(value, name)
            case "response-content-language": headers.contentLanguage = try Self.checked(value, name)
            case "response-expires": headers.expires = try Self.checked(value, name)
            default: break
            }
        }
        if headers != ContentHeaders() { self.headers = headers }
    }

    /// True when nothing is replaced.
    ///
    /// A request that nobody has signed must not replace anything: `InvalidRequest`.
    package var isEmpty: Bool {
        headers == nil
    }

    package func applied(to stored: ContentHeaders) -> ContentHeaders {
        guard let headers else { return stored }
        var result = stored
        result.contentType = headers.contentType ?? stored.contentType
        result.cacheControl = headers.cacheControl ?? stored.cacheControl
        result.contentDisposition = headers.contentDisposition ?? stored.contentDisposition
        result.contentEncoding = headers.contentEncoding ?? stored.contentEncoding
        result.contentLanguage = headers.contentLanguage ?? stored.contentLanguage
        result.expires = headers.expires ?? stored.expires
        return result
    }

    private static func checked(_ value: String, _ name: String) throws(S3Error) -> String {
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw S3Error(
                .invalidArgument, "The value of \(name) must not contain control characters",
                details: [("ArgumentName", name)])
        }
        guard value.unicodeScalars.allSatisfy({ $0.value <= 0xFF }) else {
            throw S3Error(
                .invalidArgument, "Header value cannot be represented using ISO-8859-1.",
                details: [("ArgumentName", name), ("ArgumentValue", value)])
        }
        return value
    }
}
