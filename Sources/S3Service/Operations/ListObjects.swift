import S3Protocol

struct ListObjects: AsyncS3Operation {
    static let name = "ListObjects"
    static let route = Route("GET", .bucket)
    static let action = "s3:ListBucket"

    private let bucket: BucketName
    private let parameters: ListParameters

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
        parameters = try ListParameters(request.target.query)
    }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        return .xml(try await ObjectListing(bucket: bucket, parameters: parameters).xml(service))
    }
}
