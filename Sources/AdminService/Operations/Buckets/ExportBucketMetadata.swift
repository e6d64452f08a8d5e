import AccessPolicy
import S3Protocol
import SealedStorage

/// The settings of one bucket, or of all, as an archive: `mc admin cluster bucket export`.
///
/// The archive goes out file by file. What a bucket has that MinIO's archives have not (ownership, what is blocked for the
/// public) is not in it.
enum ExportBucketMetadata: AdminOperation {
    static let routes = ["GET /minio/admin/v3/export-bucket-metadata"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.exportBucketMetadata) }

    /// Files that an archive without ZIP64 can have.
    private static let mostFiles = 65_000

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let buckets = context.drive.buckets
        let wanted = try request.nonEmpty("bucket").map { name in try buckets.bucket(BucketName(name)) }
        // Before the answer begins: what cannot be read would be missing from it.
        _ = try wanted?.record
        try await reply.start(
            type: "application/zip", headers: [("content-disposition", "attachment; filename=cluster-metadata.zip")])
        var archive = ZIPWriter()
        var files = 0
        var after: String?
        repeat {
            let page = buckets.sorted.page(after: after, limit: 256)
            for bucket in wanted.map({ [$0] }) ?? page.buckets.compactMap({ buckets.bucket(named: $0.name) }) {
                let record = try bucket.record
                for setting in BucketSetting.allCases {
                    guard let document = setting.document(of: record) else { continue }
                    files += 1
                    guard files <= mostFiles else { throw S3Error(.entityTooLarge) }
                    try await reply.write(archive.file("\(bucket.name)/\(setting.rawValue)", document))
                }
            }
            after = wanted == nil && page.isTruncated ? page.buckets.last?.name : nil
        } while after != nil
        try await reply.write(archive.end())
        await reply.finish()
    }
}
