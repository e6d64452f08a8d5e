import AccessPolicy
import S3Protocol
import SealedStorage

struct ListObjects: AsyncS3Operation {
    static let name = "ListObjects"
    static let route = Route("GET", .bucket, understanding: Route.listing)

    private let bucket: BucketName
    private let parameters: ListParameters
    private let conditions: [ConditionKey: [String]]

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
        parameters = try ListParameters(request.target.query)
        conditions = ListParameters.conditions(request.target.query)
    }

    var demands: [Demand] { [Demand(.listBucket, on: bucket, conditions: conditions)] }

    var longestDocument: Int { ObjectListing.longestDocument(parameters) }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        return .xml(try await ObjectListing(bucket: bucket, parameters: parameters).xml(service))
    }
}
