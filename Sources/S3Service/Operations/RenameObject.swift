import AccessPolicy
import S3Protocol
import SealedStorage

/// Gives an object another key in its bucket, in one commit; it takes the place of what has that key.
///
/// On AWS for directory buckets, which have no versions; here, too, where a bucket has them: the object is then a new version
/// under the other key, and a delete marker hides the former one. The token with which a client tells that it asks once more (`x-amz-client-token`) is not
/// kept: a renaming that was done is answered `NoSuchKey`.
struct RenameObject: AsyncS3Operation {
    static let name = "RenameObject"
    static let route = Route("PUT", .object, requiring: ["renameObject"])

    private let request: S3Request
    private let bucket: BucketName
    private let object: ObjectName
    private let source: ObjectName
    private let sourcePreconditions: Preconditions
    private let preconditions: Preconditions

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
        object = try request.object
        source = try RenameSourceAddress(header: request.header(RenameSourceAddress.header) ?? "", in: bucket).key
        sourcePreconditions = Preconditions(renameSource: request.headers)
        // Tags are read as any write's: none is ignored because it cannot be read.
        let tags = try WritePreconditions(request.headers)
        var preconditions = Preconditions(request.headers)
        (preconditions.ifMatch, preconditions.ifNoneMatch) = (tags.ifMatch, tags.ifNoneMatch)
        self.preconditions = preconditions
        guard source != object else {
            throw S3Error(.invalidRequest, "The source and the destination of a renaming are the same object.")
        }
    }

    var demands: [Demand] {
        [
            Demand(.getObject, on: source, in: bucket), Demand(.deleteObject, on: source, in: bucket),
            Demand(.putObject, on: object, in: bucket),
        ]
    }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let versionID = try await service.objects.rename(
            source, to: object, in: bucket, if: sourcePreconditions, replacing: preconditions,
            notice: service.notice(.createdCopy, of: request, in: bucket), at: request.time)
        return S3Response(headers: versionID.map { [("x-amz-version-id", $0)] } ?? [])
    }
}
