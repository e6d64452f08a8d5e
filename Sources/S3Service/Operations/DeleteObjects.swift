import AccessPolicy
import HTTPServer
import Logging
import ObjectStorage
import Requests
import S3Protocol
import SealedStorage

struct DeleteObjects: AsyncS3Operation {
    static let name = "DeleteObjects"
    static let route = Route("POST", .bucket, requiring: ["delete"])

    private let request: S3Request
    private let bucket: BucketName

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
    }

    /// Which objects it is about, the document says: each is demanded by itself then.
    var demands: [Demand] { [Demand(.deleteObject, on: .someObject(bucket: bucket.rawValue))] }

    /// The request's document, which is in memory as long as the answer is made, and the answer: besides its key and its
    /// version id, each byte of which may be six there, as `&quot;` is, an object has a code and a message.
    var longestDocument: Int {
        let sent = min(request.body.declaredLength.map { Int(clamping: $0) } ?? .max, DocumentLimit.list)
        let objects = min(sent / "<Object><Key>k</Key></Object>".utf8.count, DeleteObjectsRequest.maximumKeys)
        return sent + DocumentLimit.shortAnswer + objects * 512 + 6 * sent
    }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let document = try await request.document(upTo: DocumentLimit.list, requiresDigest: true)
        let delete = try await service.drive.offload { try DeleteObjectsRequest.parse(document) }
        request.record.objects = delete.objects.map { .init(key: $0.key, versionID: $0.versionID) }

        // What cannot or may not be deleted fails alone; all else goes in one transaction.
        let notice = service.notice(.removedDelete, of: request, in: bucket)
        let checked = delete.objects.map { object in Result { try deletion(object, notice) } }
        let outcomes = try await service.objects.delete(
            bucket, checked.compactMap { try? $0.get() }, at: request.time)

        var remaining = outcomes[...]
        let entries = zip(delete.objects, checked).map { object, check -> DeleteResult.Entry in
            do {
                _ = try check.get()
                guard let deleted = try remaining.popFirst()?.get() else { throw S3Error(.internalError) }
                return .deleted(
                    key: object.key, versionID: object.versionID,
                    deleteMarkerVersionID: deleted.isDeleteMarker ? deleted.versionID : nil)
            } catch {
                let refusal = s3Error(for: error)
                if refusal.code == .internalError {
                    service.logger.error("not deleted", metadata: ["key": "\(object.key)", "cause": "\(error)"])
                }
                return .failed(key: object.key, versionID: object.versionID, refusal)
            }
        }
        return .xml(DeleteResult(entries: entries, isQuiet: delete.isQuiet).xml())
    }

    private func deletion(
        _ object: DeleteObjectsRequest.Object, _ notice: ChangeNotice?
    ) throws -> ObjectDeletion {
        let version = try RequestedVersion(object.versionID)
        let name = try ObjectName(object.key)
        try request.access.require(
            Demand(version.deleteAction, on: name, in: bucket, conditions: version.conditions))
        return ObjectDeletion(
            key: name, version: version.selector, conditions: object.preconditions,
            bypassesGovernance: request.bypassesGovernance(name, in: bucket), notice: notice)
    }
}
