import AccessPolicy
import ObjectStorage
import S3Protocol
import SealedStorage

struct CreateBucket: AsyncS3Operation {
    static let name = "CreateBucket"
    static let route = Route("PUT", .bucket)

    private let request: S3Request
    private let bucket: BucketName
    private let ownershipControls: OwnershipControls?

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
        ownershipControls = try OwnershipControls(header: request.header("x-amz-object-ownership"))
        guard !BucketName.reserved.contains(bucket.rawValue) else { throw S3Error(.allAccessDisabled) }
        if ownershipControls?.objectOwnership == .bucketOwnerEnforced,
            try AccessControlList.grantees(request.headers) != .owner
        {
            throw S3Error(.invalidBucketAclWithObjectOwnership)
        }
    }

    var demands: [Demand] {
        var demands = [Demand(.createBucket, on: bucket)]
        if ownershipControls != nil { demands.append(Demand(.putBucketOwnershipControls, on: bucket)) }
        return demands
    }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let document = try await request.document(upTo: DocumentLimit.configuration)
        // One region: a client may name it, or name any to a server that was given none.
        let wanted = try CreateBucketConfiguration.parse(document).locationConstraint
        if let region = service.settings.region, let wanted, wanted != region {
            throw S3Error(.invalidLocationConstraint, details: [("Region", region)])
        }
        if (try? service.buckets.bucket(bucket)) != nil { throw S3Error(.bucketAlreadyOwnedByYou) }
        var record = BucketRecord()
        if request.header("x-amz-bucket-object-lock-enabled")?.lowercased() == "true" { record.versioning = .locked }
        record.ownershipControls = ownershipControls
        try await service.buckets.create(bucket, at: request.time, record)
        service.tell(.bucketCreated, ofBucket: bucket.rawValue, to: request)
        return S3Response(headers: [("location", "/\(bucket.rawValue)")])
    }
}
