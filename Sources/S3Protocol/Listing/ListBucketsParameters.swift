/// The query of a ListBuckets.
package struct ListBucketsParameters: Sendable {
    /// Only buckets whose names begin with this.
    package var prefix = ""
    /// 1…10 000.
    package var maxBuckets = Self.maximum
    /// Only buckets behind this name; nil for the front.
    package var start: String?
    /// Only buckets of this region.
    package var region: String?
    /// Whether the request knows of pages; the answer then names the buckets' region.
    package var isPaged = false

    /// Buckets in one answer, also to a request that asks for no limit.
    package static let maximum = 10_000

    package init() {}

    /// - Parameter query: decoded pairs; names unknown here are ignored.
    /// - Throws: `invalidArgument` for a limit out of 1…10 000 and for a continuation token that is not one.
    package init(_ query: [(name: String, value: String)]) throws(S3Error) {
        for (name, value) in query {
            switch name {
            case "prefix": prefix = value
            case "max-buckets" where !value.isEmpty: maxBuckets = try Self.limit(value)
            case "continuation-token": start = try Self.position(value)
            case "bucket-region" where !value.isEmpty: region = value
            default: continue
            }
            isPaged = true
        }
    }

    private static func limit(_ value: String) throws(S3Error) -> Int {
        guard value.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(value),
            (1...maximum).contains(number)
        else {
            throw S3Error(
                .invalidArgument, "Argument max-buckets must be an integer between 1 and \(maximum)",
                details: [("ArgumentName", "max-buckets"), ("ArgumentValue", value)])
        }
        return number
    }

    private static func position(_ token: String) throws(S3Error) -> String {
        switch ListPosition(token: token) {
        case .key(let name): return name
        case .commonPrefix, nil:
            throw S3Error(
                .invalidArgument, "The continuation token provided is incorrect",
                details: [("ArgumentName", "continuation-token")])
        }
    }
}
