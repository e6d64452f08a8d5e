import KeyManagement
import ObjectStorage
import S3Service

/// How many of the drive's data keys each key of the key service wraps.
///
/// Coffer's own: `coffer keys ls`.
enum ListDataKeys: AdminOperation {
    static let routes = ["GET /minio/kms/v1/coffer/data-keys"]

    static func perform(_ request: AdminRequest, in service: ServiceContext, _ reply: AdminReply) async throws {
        let counts = try service.store.kmsKeysInUse().map { KeyCount(kmsKey: $0.kmsKey, dataKeys: $0.count) }
        await reply.send(
            Document(
                catalogueKey: try CatalogueKey.stored(in: service.store)?.kmsKey.name,
                defaultKey: service.dataKeys.service.defaultKey.name, keys: counts))
    }

    private struct Document: Encodable {
        let catalogueKey: String?
        let defaultKey: String
        let keys: [KeyCount]
    }
}

struct KeyCount: Encodable {
    let kmsKey: String
    let dataKeys: Int
}
