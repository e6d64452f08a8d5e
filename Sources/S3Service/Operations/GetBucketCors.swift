import AccessPolicy
import S3Protocol
import SealedStorage

struct GetBucketCors: ImmediateS3Operation {
    static let name = "GetBucketCors"
    static let route = Route("GET", .bucket, requiring: ["cors"])

    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
    }

    var demands: [Demand] { [Demand(.getBucketCORS, on: bucket)] }

    func perform(in service: ServiceContext) throws -> S3Response {
        guard let cors = try service.buckets.bucket(bucket).record.cors else {
            throw S3Error(.noSuchCORSConfiguration)
        }
        return .xml(cors.xml())
    }
}
