import Notation

/// What conditional headers decide about a request.
package enum PreconditionOutcome: Hashable, Sendable {
    case proceed
    /// 304, no body.
    case notModified
    /// 412.
    case failed
}

/// The conditions of a GET or HEAD, or of the source of a copy or renaming.
///
/// Times are seconds since 1970: HTTP dates carry no more. A date that cannot be read is no condition.
package struct Preconditions: Hashable, Sendable {
    package var ifMatch: ETagCondition?
    package var ifNoneMatch: ETagCondition?
    package var ifModifiedSince: Int64?
    package var ifUnmodifiedSince: Int64?
    /// Never of a source.
    package var ifRange: RangeCondition?

    /// Reads `if-match` and its siblings.
    package init(_ headers: [(name: String, value: String)]) {
        self.init(headers, prefix: "")
    }

    /// Reads `x-amz-copy-source-if-match` and its siblings.
    package init(copySource headers: [(name: String, value: String)]) {
        self.init(headers, prefix: "x-amz-copy-source-")
    }

    /// Reads `x-amz-rename-source-if-match` and its siblings.
    package init(renameSource headers: [(name: String, value: String)]) {
        self.init(headers, prefix: "x-amz-rename-source-")
    }

    private init(_ headers: [(name: String, value: String)], prefix: StaticString) {
        let length = prefix.utf8CodeUnitCount
        for index in headers.indices
        where headers[index].name.begins(with: prefix) && headers[index].name.byte(at: length) == UInt8(ascii: "i") {
            let (name, value) = headers[index]
            switch name.dropFirst(length) {
            // A source that is to match no tag matches nothing: what is written must not ignore a condition.
            case "if-match": ifMatch = ETagCondition(value) ?? (length == 0 ? nil : .oneOf([]))
            case "if-none-match": ifNoneMatch = ETagCondition(value)
            case "if-modified-since": ifModifiedSince = HTTPDate.parse(value)
            case "if-unmodified-since": ifUnmodifiedSince = HTTPDate.parse(value)
            case "if-range" where length == 0: ifRange = RangeCondition(value)
            default: break
            }
        }
    }

    /// True when there is nothing to check.
    package var isEmpty: Bool { self == Preconditions([]) }

    /// Whether a `Range` is of this object: what a client has of another one must not be continued with bytes of this.
    ///
    /// If not, the range is to be ignored and the whole object served.
    /// - Parameter modified: milliseconds since 1970, compared in whole seconds.
    package func servesRange(etag: ETag, modified: Int64) -> Bool {
        switch ifRange {
        case nil: true
        case .etag(let wanted): wanted == etag
        case .modified(let seconds): seconds == modified.flooredSeconds
        case .never: false
        }
    }

    /// Decides for an object that exists: If-Match, or in its absence If-Unmodified-Since, may fail; then If-None-Match,
    /// or in its absence If-Modified-Since, may find nothing new.
    /// - Parameter modified: milliseconds since 1970, compared in whole seconds.
    package func evaluate(etag: ETag, modified: Int64) -> PreconditionOutcome {
        let seconds = modified.flooredSeconds
        if let ifMatch {
            guard ifMatch.matches(etag) else { return .failed }
        } else if let ifUnmodifiedSince, seconds > ifUnmodifiedSince {
            return .failed
        }
        if let ifNoneMatch {
            return ifNoneMatch.matches(etag) ? .notModified : .proceed
        }
        if let ifModifiedSince, seconds <= ifModifiedSince {
            return .notModified
        }
        return .proceed
    }

    /// The same for the source of a copy or renaming, where "not modified" fails as well.
    package func evaluateCopySource(etag: ETag, modified: Int64) -> PreconditionOutcome {
        switch evaluate(etag: etag, modified: modified) {
        case .proceed: .proceed
        case .notModified, .failed: .failed
        }
    }
}

/// What `If-Range` names: the object that a client has the beginning of.
package enum RangeCondition: Hashable, Sendable {
    case etag(ETag)
    /// The very second of `Last-Modified`, since 1970.
    case modified(Int64)
    /// A weak tag, or nothing that can be read: two objects that it fits may differ.
    case never

    package init(_ header: String) {
        let text = header.trimmed
        if text.isEmpty || text.utf8.starts(with: "W/".utf8) {
            self = .never
        } else if let seconds = HTTPDate.parse(text) {
            self = .modified(seconds)
        } else {
            self = .etag(ETag(lenient: text))
        }
    }
}

/// What conditional headers decide about a write.
package enum WritePreconditionOutcome: Hashable, Sendable {
    case proceed
    /// 412.
    case failed
    /// 404: `If-Match` on a key without an object.
    case noSuchKey
}

/// The conditions of a PutObject, CompleteMultipartUpload or CopyObject; to be decided in the committing transaction.
package struct WritePreconditions: Hashable, Sendable {
    package var ifMatch: ETagCondition?
    package var ifNoneMatch: ETagCondition?

    /// - Throws: `invalidArgument` for an If-None-Match without a tag: writing anyway would ignore a condition.
    package init(_ headers: [(name: String, value: String)]) throws(S3Error) {
        for index in headers.indices where headers[index].name.begins(with: "if-") {
            let (name, value) = headers[index]
            switch name {
            // An If-Match without a tag matches nothing: writing anyway would ignore a condition.
            case "if-match": ifMatch = ETagCondition(value) ?? .oneOf([])
            case "if-none-match":
                guard let condition = ETagCondition(value) else { throw S3Error.unreadable(name, value) }
                ifNoneMatch = condition
            default: break
            }
        }
    }

    /// True when there is nothing to check.
    package var isEmpty: Bool {
        ifMatch == nil && ifNoneMatch == nil
    }

    /// - Parameter current: tag of the object under the key, nil when there is none or a delete marker.
    package func evaluate(current: ETag?) -> WritePreconditionOutcome {
        if let ifMatch {
            guard let current else { return .noSuchKey }
            guard ifMatch.matches(current) else { return .failed }
        }
        if let ifNoneMatch, let current, ifNoneMatch.matches(current) { return .failed }
        return .proceed
    }
}

/// The conditions of a DeleteObject, or of one key of a DeleteObjects.
///
/// A key without an object meets every condition but `If-Match`, which asks for one.
package struct DeletePreconditions: Hashable, Sendable {
    package var ifMatch: ETagCondition?
    /// Seconds since 1970.
    package var lastModified: Int64?
    package var size: Int64?

    package init(ifMatch: ETagCondition? = nil, lastModified: Int64? = nil, size: Int64? = nil) {
        self.ifMatch = ifMatch
        self.lastModified = lastModified
        self.size = size
    }

    /// - Throws: `invalidArgument` for a time or size that cannot be read: deleting anyway would ignore a condition.
    package init(_ headers: [(name: String, value: String)]) throws(S3Error) {
        for (name, value) in headers {
            switch name {
            case "if-match":
                guard let condition = ETagCondition(value) else { throw S3Error.unreadable(name, value) }
                ifMatch = condition
            case "x-amz-if-match-last-modified-time":
                guard let seconds = HTTPDate.parse(value) else { throw S3Error.unreadable(name, value) }
                lastModified = seconds
            case "x-amz-if-match-size":
                guard let bytes = Int64(value), bytes >= 0 else { throw S3Error.unreadable(name, value) }
                size = bytes
            default: break
            }
        }
    }

    package var isEmpty: Bool {
        ifMatch == nil && lastModified == nil && size == nil
    }

    /// Decides for an object that exists.
    /// - Parameter modified: milliseconds since 1970, compared in whole seconds.
    package func evaluate(etag: ETag, modified: Int64, size: Int64) -> WritePreconditionOutcome {
        if let ifMatch, !ifMatch.matches(etag) { return .failed }
        if let lastModified, modified.flooredSeconds != lastModified { return .failed }
        if let expected = self.size, size != expected { return .failed }
        return .proceed
    }
}

extension S3Error {
    /// The value of a conditional header cannot be read.
    fileprivate static func unreadable(_ name: String, _ value: String) -> S3Error {
        S3Error(
            .invalidArgument, "The value of the header \(name) is not valid",
            details: [("ArgumentName", name), ("ArgumentValue", value)])
    }
}

extension Int64 {
    /// Whole seconds of a number of milliseconds, towards the past.
    var flooredSeconds: Int64 {
        self >= 0 ? self / 1000 : (self - 999) / 1000
    }
}
