/// What a `Range` header asks for, before the object's size is known.
package enum ByteRange: Hashable, Sendable {
    /// `bytes=a-`, or `bytes=a-b` with `b` included.
    case from(Int64, through: Int64?)
    /// `bytes=-n`: the last `n` bytes.
    case suffix(Int64)

    /// Reads a header; nil for everything that HTTP says to ignore: other units, several ranges, malformed, `a > b`.
    ///
    /// Numbers beyond 2⁶³−1 count as 2⁶³−1.
    package init?(_ header: String) {
        guard let equals = header.firstIndex(of: "=") else { return nil }
        guard header[..<equals].lowercased() == "bytes" else { return nil }
        let spec = header[header.index(after: equals)...].trimmed
        guard let dash = spec.firstIndex(of: "-") else { return nil }
        let first = spec[..<dash]
        let last = spec[spec.index(after: dash)...]
        switch (first.isEmpty, last.isEmpty) {
        case (true, true): return nil
        case (true, false):
            guard let count = Self.number(last) else { return nil }
            self = .suffix(count)
        case (false, true):
            guard let start = Self.number(first) else { return nil }
            self = .from(start, through: nil)
        case (false, false):
            guard let start = Self.number(first), let end = Self.number(last), start <= end else { return nil }
            self = .from(start, through: end)
        }
    }

    /// The bytes of an object of `size` bytes that this names.
    ///
    /// Beginning at or behind the end is unsatisfiable, an end behind the end is cut, a suffix longer than the object is
    /// the whole of it. The last bytes of an empty object are all it has, and no `Content-Range` can say so: 200.
    package func resolve(size: Int64) -> RangeOutcome {
        switch self {
        case .from(let first, let last):
            guard first < size else { return .unsatisfiable }
            let end = min(last ?? Int64.max, size - 1) + 1
            return .slice(first..<end)
        case .suffix(let count):
            guard count > 0 else { return .unsatisfiable }
            guard size > 0 else { return .whole }
            return .slice(max(0, size - count)..<size)
        }
    }

    private static func number(_ digits: Substring) -> Int64? {
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(digits) ?? Int64.max
    }
}

/// What a GET or HEAD with this `Range` header serves.
package enum RangeOutcome: Hashable, Sendable {
    /// No range, or one to be ignored: 200 with everything.
    case whole
    /// 206 with these bytes.
    case slice(Range<Int64>)
    /// 416.
    case unsatisfiable

    package static func of(_ header: String?, size: Int64) -> RangeOutcome {
        guard let header, let range = ByteRange(header) else { return .whole }
        return range.resolve(size: size)
    }
}

extension ByteRange {
    /// `bytes 0-9/100` for a `Content-Range` header.
    ///
    /// The slice must not be empty.
    package static func contentRange(_ slice: Range<Int64>, size: Int64) -> String {
        "bytes \(slice.lowerBound)-\(slice.upperBound - 1)/\(size)"
    }

    /// 416 with what the client asked for and what there is.
    package static func unsatisfiable(_ header: String, size: Int64) -> S3Error {
        S3Error(
            .invalidRange,
            details: [("ActualObjectSize", String(size)), ("RangeRequested", header)],
            headers: [("content-range", "bytes */\(size)")])
    }

    /// The bytes that `x-amz-copy-source-range` names.
    ///
    /// Unlike a read's range it must be `bytes=a-b`, inside the source.
    /// - Throws: `invalidArgument`.
    package static func copySource(_ header: String, size: Int64) throws(S3Error) -> Range<Int64> {
        guard case .from(let first, .some(let last)) = ByteRange(header) else {
            throw S3Error(
                .invalidArgument,
                "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the"
                    + " zero-based offsets of the first and last bytes to copy",
                details: [("ArgumentName", "x-amz-copy-source-range"), ("ArgumentValue", header)])
        }
        guard last < size else {
            throw S3Error(
                .invalidArgument, "Range specified is not valid for source object of size: \(size)",
                details: [("ArgumentName", "x-amz-copy-source-range"), ("ArgumentValue", header)])
        }
        return first..<last + 1
    }
}
