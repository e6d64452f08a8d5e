import Notation

/// What `x-amz-copy-source` names: `bucket/key`, percent-encoded, with or without a slash before it, and perhaps with
/// `?versionId=…` behind it.
///
/// A `+` stands for a space, as on AWS, unless another space is written `%20`: who writes that leaves a plus as it is. A `?`
/// that does not begin `?versionId=` stands for itself.
package struct CopySourceAddress: Hashable, Sendable {
    package let bucket: BucketName
    package let key: ObjectName
    /// As sent; `nil` for the newest version.
    package let versionID: String?

    /// - Throws: `InvalidArgument` for what does not name a bucket and a key, or has an escape that is none;
    ///   `KeyTooLongError`.
    package init(header: String) throws(S3Error) {
        var path = Substring(header)
        if let version = path.lastRange(of: "?versionId=") {
            versionID = String(path[version.upperBound...])
            path = path[..<version.lowerBound]
        } else {
            versionID = nil
        }
        let decoded: String
        do { decoded = try PercentEncoding.decode(path, plus: path.contains("%20") ? .literal : .space) } catch {
            throw Self.invalid(header)
        }
        let bytes = decoded.utf8.first == UInt8(ascii: "/") ? decoded.utf8.dropFirst() : decoded.utf8[...]
        guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")) else { throw Self.invalid(header) }
        let (name, rest) = (Substring(bytes[..<slash]), Substring(bytes[bytes.index(after: slash)...]))
        guard !name.isEmpty, !rest.isEmpty else { throw Self.invalid(header) }
        do { bucket = try BucketName(String(name)) } catch {
            throw S3Error(
                .invalidArgument, "Invalid copy source bucket name",
                details: [("ArgumentName", Self.header), ("ArgumentValue", header)])
        }
        key = try ObjectName(String(rest))
    }

    package static let header = "x-amz-copy-source"

    private static func invalid(_ value: String) -> S3Error {
        S3Error(
            .invalidArgument, "Copy Source must mention the source bucket and key: sourcebucket/sourcekey.",
            details: [("ArgumentName", header), ("ArgumentValue", value)])
    }
}

/// What `x-amz-rename-source` names: a key of the same bucket, percent-encoded, with or without a slash before it.
///
/// The bucket's name may stand before the key; one slash more is needed before a key that itself begins like that.
package struct RenameSourceAddress: Hashable, Sendable {
    package let key: ObjectName

    /// - Throws: `InvalidArgument` for what does not name a key, or has an escape that is none; `KeyTooLongError`.
    package init(header: String, in bucket: BucketName) throws(S3Error) {
        let invalid = S3Error(
            .invalidArgument, "Rename Source must mention the source key.",
            details: [("ArgumentName", Self.header), ("ArgumentValue", header)])
        let decoded: String
        do { decoded = try PercentEncoding.decode(header) } catch { throw invalid }
        var bytes = decoded.utf8[...]
        if bytes.first == UInt8(ascii: "/") { bytes = bytes.dropFirst() }
        if bytes.starts(with: "\(bucket.rawValue)/".utf8) { bytes = bytes.dropFirst(bucket.rawValue.utf8.count + 1) }
        guard !bytes.isEmpty else { throw invalid }
        key = try ObjectName(String(Substring(bytes)))
    }

    package static let header = "x-amz-rename-source"
}

extension Substring {
    /// Where a text of ASCII characters stands last.
    fileprivate func lastRange(of text: String) -> Range<Index>? {
        let count = text.utf8.count
        var start = utf8.index(utf8.endIndex, offsetBy: -count, limitedBy: utf8.startIndex)
        while let place = start {
            let end = utf8.index(place, offsetBy: count)
            if utf8[place..<end].elementsEqual(text.utf8) { return place..<end }
            start = utf8.index(place, offsetBy: -1, limitedBy: utf8.startIndex)
        }
        return nil
    }
}
