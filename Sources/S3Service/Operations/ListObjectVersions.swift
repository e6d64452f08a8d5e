import AccessPolicy
import S3Protocol
import SealedStorage

/// All versions of a bucket's objects, delete markers among them; of a bucket without versioning its objects, each as its
/// null version.
struct ListObjectVersions: AsyncS3Operation {
    static let name = "ListObjectVersions"
    static let route = Route(
        "GET", .bucket, requiring: ["versions"],
        understanding: [
            "prefix", "delimiter", "max-keys", "encoding-type", "key-marker", "version-id-marker", "metadata",
        ])

    private let bucket: BucketName
    private let parameters: ListVersionsParameters
    private let access: RequestAccess

    init(_ request: S3Request) throws(S3Error) {
        bucket = try request.bucket
        parameters = try ListVersionsParameters(request.target.query)
        access = request.access
    }

    var demands: [Demand] {
        var conditions: [ConditionKey: [String]] = [
            .prefix: [parameters.prefix], .maxKeys: ["\(parameters.maxKeys)"],
        ]
        if let delimiter = parameters.delimiter { conditions[.delimiter] = [delimiter] }
        return [Demand(.listBucketVersions, on: bucket, conditions: conditions)]
    }

    /// Besides its key, an entry has some four hundred bytes.
    var longestDocument: Int {
        let factor =
            switch parameters.encoding {
            case .url: 3
            case .plain: 6
            }
        let details = parameters.withMetadata ? ObjectListing.metadataBytes : 0
        return 16384 + parameters.maxKeys * (640 + factor * ObjectName.maximumByteCount + details)
    }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        return try await service.objects.listVersions(parameters, in: bucket) { page in
            service.note(page.damaged)
            var versions = page.versions
            for (index, details) in page.details.enumerated() {
                let (key, version) = (versions[index].key, versions[index].versionID)
                versions[index].metadata = details.flatMap {
                    access.metadata($0, of: key, in: bucket, version: version)
                }
            }
            return .xml(
                ListVersionsResult(
                    bucket: bucket.name, parameters: parameters, versions: versions,
                    commonPrefixes: page.commonPrefixes, next: page.next
                ).xml())
        }
    }
}
