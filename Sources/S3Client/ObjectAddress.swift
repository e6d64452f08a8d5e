import Notation

/// A bucket, a prefix of keys in it, or an object.
package struct ObjectAddress: Hashable, Sendable, CustomStringConvertible {
    package var bucket: String
    /// Empty for the bucket itself.
    package var key: String
    /// The version that is meant; nil for the newest.
    package var version: String?

    package init(bucket: String, key: String = "", version: String? = nil) {
        self.bucket = bucket
        self.key = key
        self.version = version
    }

    /// Reads `s3://bucket/key`; `nil` for what does not begin with `s3://`.
    package init?(_ text: String) {
        guard text.hasPrefix("s3://") else { return nil }
        let path = text.dropFirst("s3://".count)
        bucket = String(path.prefix { $0 != "/" })
        key = String(path.dropFirst(bucket.count).dropFirst())
    }

    package var description: String { key.isEmpty ? "s3://\(bucket)" : "s3://\(bucket)/\(key)" }

    /// The path of a request, each segment percent-encoded: `/`, `/bucket` or `/bucket/key`.
    var path: String {
        guard !key.isEmpty else { return "/\(bucket)" }
        let segments = key.split(separator: "/", omittingEmptySubsequences: false)
        return "/\(bucket)/" + segments.map { PercentEncoding.encode(String($0)) }.joined(separator: "/")
    }
}
