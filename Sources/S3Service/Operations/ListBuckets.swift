import AccessPolicy
import S3Protocol
import SealedStorage

struct ListBuckets: S3Operation {
    static let name = "ListBuckets"
    static let route = Route(
        "GET", .service, understanding: ["max-buckets", "continuation-token", "prefix", "bucket-region"])

    /// More buckets in one answer are written on a thread of the drive's: an event loop has others to serve.
    private static let shortPage = 500

    static let answersWhatIsAllowed = true

    private let parameters: ListBucketsParameters
    private let access: RequestAccess
    /// Whether the sender may see all buckets: else those that it may list, as on MinIO.
    private let isOfAll: Bool

    init(_ request: S3Request) throws(S3Error) {
        parameters = try ListBucketsParameters(request.target.query)
        access = request.access
        isOfAll = request.access.allows(Self.ofAll)
    }

    private static let ofAll = Demand(.listAllMyBuckets, on: .service)

    var demands: [Demand] { [Self.ofAll] }

    func begin(in service: ServiceContext) throws -> S3Progress {
        let region = service.settings.region ?? "us-east-1"
        let isElsewhere = parameters.region.map { $0 != region } ?? false
        let sorted = isElsewhere ? SortedBuckets([]) : service.buckets.sorted
        let count = min(service.buckets.count, parameters.maxBuckets)
        guard isOfAll else {
            // The policies of every bucket are asked.
            return .waiting(documentUpTo: 8192 + parameters.maxBuckets * 256) {
                .xml(try await service.drive.offload { try allowedPage(of: sorted, region) })
            }
        }
        guard count > Self.shortPage else { return .done(.xml(page(of: sorted, region))) }
        // A bucket has some hundred and fifty bytes, its name of 63 at most included; others may come meanwhile.
        return .waiting(documentUpTo: 8192 + parameters.maxBuckets * 256) {
            .xml(try await service.drive.offload { page(of: sorted, region) })
        }
    }

    private func page(of sorted: SortedBuckets, _ region: String) -> [UInt8] {
        let page = sorted.page(after: parameters.start, prefix: parameters.prefix, limit: parameters.maxBuckets)
        return document(page.buckets, region, isTruncated: page.isTruncated)
    }

    /// A page of the buckets that the sender may list, or learn the region of.
    ///
    /// - Throws: `AccessDenied` when there is none.
    private func allowedPage(of sorted: SortedBuckets, _ region: String) throws -> [UInt8] {
        var allowed: [ListedBucket] = []
        var start = parameters.start
        var isTruncated = false
        repeat {
            let page = sorted.page(after: start, prefix: parameters.prefix, limit: Self.shortPage)
            for bucket in page.buckets where mayList(bucket.name) {
                guard allowed.count < parameters.maxBuckets else {
                    return document(allowed, region, isTruncated: true)
                }
                allowed.append(bucket)
            }
            start = page.buckets.last?.name
            isTruncated = page.isTruncated
        } while isTruncated
        guard !allowed.isEmpty else { throw S3Error(.accessDenied) }
        return document(allowed, region, isTruncated: false)
    }

    /// Of a listing of the bucket's top level.
    private func mayList(_ bucket: String) -> Bool {
        access.allows(
            Demand(.listBucket, on: .bucket(bucket), conditions: [.prefix: [""], .delimiter: ["/"]]))
            || access.allows(Demand(.getBucketLocation, on: .bucket(bucket)))
    }

    private func document(_ buckets: [ListedBucket], _ region: String, isTruncated: Bool) -> [UInt8] {
        ListAllMyBucketsResult(
            buckets: buckets.map { .init(name: $0.name, created: $0.created) }, parameters: parameters,
            region: region, isTruncated: isTruncated
        ).xml()
    }
}
