import AccessPolicy
import S3Protocol
import SealedStorage

struct ListBuckets: ImmediateS3Operation {
    static let name = "ListBuckets"
    static let route = Route(
        "GET", .service, understanding: ["max-buckets", "continuation-token", "prefix", "bucket-region"])

    // max-buckets, continuation-token and prefix are optional for a server; all buckets are one page.
    init(_ request: S3Request) throws(S3Error) {}

    var demands: [Demand] { [Demand(.listAllMyBuckets, on: .service)] }

    func perform(in service: ServiceContext) throws -> S3Response {
        let buckets = service.buckets.all().map {
            ListAllMyBucketsResult.Bucket(name: $0.name, created: $0.created)
        }
        return .xml(ListAllMyBucketsResult(buckets: buckets).xml())
    }
}
