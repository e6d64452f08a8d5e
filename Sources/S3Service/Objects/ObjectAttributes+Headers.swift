import S3Protocol
import SealedStorage

extension ObjectAttributes {
    /// What a write's headers say of the object.
    ///
    /// - Throws: `MetadataTooLarge`, `RequestHeaderSectionTooLarge`, `InvalidTag`, `InvalidStorageClass`,
    ///   `InvalidArgument` for a lock that is none.
    init(_ request: S3Request) throws(S3Error) {
        self.init()
        lock = try ObjectLock(request.headers, at: request.time)
        headers = ContentHeaders(request.headers)
        try headers.requireStorableSize()
        metadata = try UserMetadata(request.headers).entries
        if let tagging = request.header("x-amz-tagging") { tags = try ObjectTags(header: tagging).pairs }
        let storageClass = try StorageClass(header: request.header("x-amz-storage-class"))
        if storageClass != .standard { self.storageClass = storageClass.rawValue }
        if let location = request.header(Self.websiteRedirectHeader), !location.isEmpty {
            guard ["/", "http://", "https://"].contains(where: { location.hasPrefix($0) }) else {
                throw S3Error(
                    .invalidRedirectLocation,
                    details: [("ArgumentName", Self.websiteRedirectHeader), ("ArgumentValue", location)])
            }
            websiteRedirect = location
        }
    }

    private static let websiteRedirectHeader = "x-amz-website-redirect-location"

    /// The headers that an answer with status 304 repeats (RFC 9110, section 15.4.5).
    var cachingHeaders: [(name: String, value: String)] {
        var answer: [(name: String, value: String)] = []
        if let value = headers.cacheControl { answer.append(("cache-control", value)) }
        if let value = headers.expires { answer.append(("expires", value)) }
        return answer
    }

    /// Appends the headers that give the client its attributes back, with a GET's `response-*` overrides.
    func appendResponseHeaders(_ overrides: ResponseOverrides, to answer: inout [(name: String, value: String)]) {
        overrides.applied(to: headers).appendResponseHeaders(to: &answer)
        if !metadata.isEmpty { answer += UserMetadata(stored: metadata).responseHeaders }
        if !tags.isEmpty { answer.append(("x-amz-tagging-count", "\(tags.count)")) }
        if let storageClass { answer.append(("x-amz-storage-class", storageClass)) }
        if let websiteRedirect { answer.append((Self.websiteRedirectHeader, websiteRedirect)) }
    }
}
