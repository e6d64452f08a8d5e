import Notation
import S3Protocol

extension FuzzTarget {
    /// A request's target: where it leads, and the parameters of listings in its query.
    static let target = FuzzTarget("target") { (bytes) throws(BrokenPromise) in
        guard let target = try? RequestTarget(bytes.text) else { return }
        for host in [nil, "bucket.example.com:9000", bytes.text] {
            guard let address = try? ResourceAddress(target, host: host, domains: ["example.com"]) else { continue }
            if case .object(let bucket, let key) = address {
                try require(key.rawValue.utf8.count <= 1024, "a key of \(key.rawValue.utf8.count) bytes")
                try require((3...63).contains(bucket.rawValue.utf8.count), "a bucket called \(bucket)")
            }
        }
        let query = target.query
        _ = try? ListParameters(query)
        _ = try? ListVersionsParameters(query)
        _ = try? ListUploadsParameters(query)
        _ = try? ListBucketsParameters(query)
        _ = try? ListPartsParameters(query)
        _ = try? ListAnnotationsParameters(query)
        _ = try? ResponseOverrides(query)
        for (name, value) in query {
            _ = ListPosition(token: value)
            let escaped = PercentEncoding.encode(value)
            try require(
                PercentEncoding.decode(Array(escaped.utf8), plus: .literal) == Array(value.utf8), "\(name)=\(value)")
        }
    }
}
