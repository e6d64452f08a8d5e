import AccessPolicy
import S3Protocol
import SealedStorage

struct ListBuckets: S3Operation {
    static let name = "ListBuckets"
    static let route = Route(
        "GET", .service, understanding: ["max-buckets", "continuation-token", "prefix", "bucket-region"])

    /// More buckets in one answer are written on a thread of the drive's: an event loop has others to serve.
    private static let shortPage = 500

    private let parameters: ListBucketsParameters

    init(_ request: S3Request) throws(S3Error) {
        parameters = try ListBucketsParameters(request.target.query)
    }

    var demands: [Demand] { [Demand(.listAllMyBuckets, on: .service)] }

    func begin(in service: ServiceContext) throws -> S3Progress {
        let region = service.settings.region ?? "us-east-1"
        let isElsewhere = parameters.region.map { $0 != region } ?? false
        let sorted = isElsewhere ? SortedBuckets([]) : service.buckets.sorted
        let count = min(service.buckets.count, parameters.maxBuckets)
        guard count > Self.shortPage else { return .done(.xml(page(of: sorted, region))) }
        // A bucket has some hundred and fifty bytes, its name of 63 at most included; others may come meanwhile.
        return .waiting(documentUpTo: 8192 + parameters.maxBuckets * 256) {
            .xml(try await service.drive.offload { page(of: sorted, region) })
        }
    }

    private func page(of sorted: SortedBuckets, _ region: String) -> [UInt8] {
        let page = sorted.page(after: parameters.start, prefix: parameters.prefix, limit: parameters.maxBuckets)
        return ListAllMyBucketsResult(
            buckets: page.buckets.map { .init(name: $0.name, created: $0.created) }, parameters: parameters,
            region: region, isTruncated: page.isTruncated
        ).xml()
    }
}
