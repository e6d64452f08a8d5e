import AccessPolicy
import S3Protocol
import SealedStorage

struct ListObjects: AsyncS3Operation {
    static let name = "ListObjects"
    static let route = Route("GET", .bucket, understanding: Route.listing)

    private let bucket: BucketName
    private let parameters: ListParameters
    private let conditions: [ConditionKey: [String]]
    private let access: RequestAccess

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
        parameters = try ListParameters(request.target.query)
        access = request.access
        conditions = ListParameters.conditions(request.target.query)
    }

    var demands: [Demand] { [Demand(.listBucket, on: bucket, conditions: conditions)] }

    var longestDocument: Int { ObjectListing.longestDocument(parameters) }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let listing = ObjectListing(bucket: bucket, parameters: parameters, access: access)
        return .xml(try await listing.xml(service))
    }
}
