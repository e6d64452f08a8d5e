import ObjectStorage
import S3Protocol

struct DeleteObjects: AsyncS3Operation {
    static let name = "DeleteObjects"
    static let route = Route("POST", .bucket, requiring: ["delete"])
    static let action = "s3:DeleteObject"

    private let request: S3Request
    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
    }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let document = try await request.document(upTo: DocumentLimit.list, requiresDigest: true)
        let delete = try DeleteObjectsRequest.parse(document)

        // One transaction, one fsync, for all that have no condition. A key that did not exist counts as deleted.
        let unconditional = delete.objects.filter { $0.preconditions.isEmpty && refusal(of: $0) == nil }
        _ = try await service.store.delete(bucket.id, keys: unconditional.map(\.key))

        var entries: [DeleteResult.Entry] = []
        entries.reserveCapacity(delete.objects.count)
        for object in delete.objects {
            var refusal = refusal(of: object)
            if refusal == nil, !object.preconditions.isEmpty {
                refusal = await deleteConditionally(object, bucket, service)
            }
            if let refusal {
                entries.append(.failed(key: object.key, versionID: object.versionID, refusal))
            } else {
                entries.append(.deleted(key: object.key, versionID: object.versionID, deleteMarkerVersionID: nil))
            }
        }
        return .xml(DeleteResult(entries: entries, isQuiet: delete.isQuiet).xml())
    }

    /// Why an object cannot be deleted at all.
    private func refusal(of object: DeleteObjectsRequest.Object) -> S3Error? {
        if let version = object.versionID, version != "null" { return S3Error(.noSuchVersion) }
        do throws(S3Error) {
            _ = try ObjectName(object.key)
            return nil
        } catch {
            return error
        }
    }

    private func deleteConditionally(
        _ object: DeleteObjectsRequest.Object, _ bucket: Bucket, _ service: ServiceContext
    ) async -> S3Error? {
        do {
            _ = try await service.store.delete(
                bucket.id, key: object.key, check: service.checkAtCommit(object.preconditions))
            return nil
        } catch {
            return s3Error(for: error)
        }
    }
}
