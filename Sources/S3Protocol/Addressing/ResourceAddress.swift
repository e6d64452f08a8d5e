import Notation

/// What a request is addressed to.
package enum ResourceAddress: Hashable, Sendable {
    case service
    case bucket(BucketName)
    case object(BucketName, ObjectName)

    /// Reads path-style (`/bucket/key`) and virtual-host (`bucket.domain`, `/key`) addresses.
    ///
    /// `/bucket` and `/bucket/` are both the bucket. Everything after the bucket's slash is the key, further slashes
    /// included. `domains` are lower-case host names without port (`MINIO_DOMAIN`); a host that is none of them and no
    /// name below one of them is path style. The path is split before it is decoded, so `%2F` never ends a bucket's name.
    /// Throws what `BucketName` and `ObjectName` throw.
    package init(_ target: RequestTarget, host: String?, domains: [String] = []) throws(S3Error) {
        if let bucket = Self.virtualHostBucket(host, domains: domains) {
            self = try Self.inside(BucketName(bucket), rawKey: Substring(target.rawPath.utf8.dropFirst()), target)
            return
        }
        let path = Substring(target.rawPath.utf8.dropFirst())
        guard !path.isEmpty, target.rawPath != "*" else {
            self = .service
            return
        }
        guard let slash = path.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            self = .bucket(try BucketName(Self.decode(path, of: target)))
            return
        }
        let bucket = try BucketName(Self.decode(path[..<slash], of: target))
        self = try Self.inside(bucket, rawKey: path[path.utf8.index(after: slash)...], target)
    }

    /// The bucket that a `Host` header names in front of one of the domains, lower-cased; nil for path style.
    package static func virtualHostBucket(_ host: String?, domains: [String]) -> String? {
        guard let host, !domains.isEmpty else { return nil }
        var name = Substring(host.lowercased())
        if let colon = name.utf8.lastIndex(of: UInt8(ascii: ":")) { name = name[..<colon] }
        if name.utf8.last == UInt8(ascii: ".") { name = name.dropLast() }
        // The longest domain wins: with `s3.a` and `a` configured, `b.s3.a` is bucket `b`, not `b.s3`.
        var found: Substring?
        for domain in domains {
            let suffix = domain.utf8.count + 1
            guard name.utf8.count > suffix, name.hasSuffix(domain),
                name.utf8.dropLast(domain.utf8.count).last == UInt8(ascii: ".")
            else { continue }
            let bucket = name.utf8.dropLast(suffix)
            if found.map({ bucket.count < $0.utf8.count }) ?? true { found = Substring(bucket) }
        }
        return domains.contains(String(name)) ? nil : found.map(String.init)
    }

    package var bucket: BucketName? {
        switch self {
        case .service: nil
        case .bucket(let bucket), .object(let bucket, _): bucket
        }
    }

    package var object: ObjectName? {
        switch self {
        case .service, .bucket: nil
        case .object(_, let object): object
        }
    }

    private static func inside(
        _ bucket: BucketName, rawKey: Substring, _ target: RequestTarget
    ) throws(S3Error) -> ResourceAddress {
        guard !rawKey.isEmpty else { return .bucket(bucket) }
        return .object(bucket, try ObjectName(decode(rawKey, of: target)))
    }

    /// What a part of the target's path spells.
    private static func decode(_ part: Substring, of target: RequestTarget) throws(S3Error) -> String {
        target.isEscaped ? try PercentEncoding.decode(part) : String(part)
    }
}
