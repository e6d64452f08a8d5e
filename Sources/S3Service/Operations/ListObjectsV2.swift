import AccessPolicy
import Requests
import S3Protocol
import SealedStorage

struct ListObjectsV2: AsyncS3Operation {
    static let name = "ListObjectsV2"
    static let route = Route("GET", .bucket, requiring: ["list-type"], understanding: Route.listing)

    private let bucket: BucketName
    private let parameters: ListParameters
    private let conditions: [ConditionKey: [String]]
    private let access: RequestAccess
    private let showsEncryption: Bool

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
        parameters = try ListParameters(request.target.query)
        access = request.access
        showsEncryption = request.record.caller?.listsEncryption == true
        conditions = ListParameters.conditions(request.target.query)
    }

    var demands: [Demand] { [Demand(.listBucket, on: bucket, conditions: conditions)] }

    var longestDocument: Int { ObjectListing.longestDocument(parameters) }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let listing = ObjectListing(
            bucket: bucket, parameters: parameters, access: access, showsEncryption: showsEncryption)
        return .xml(try await listing.xml(service))
    }
}
