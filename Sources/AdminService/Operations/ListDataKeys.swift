import AccessPolicy
import KeyManagement
import SealedStorage

/// How many of the drive's data keys each key of the key service wraps.
///
/// Coffer's own: `coffer keys ls`.
enum ListDataKeys: AdminOperation {
    static let routes = ["GET /minio/kms/v1/coffer/data-keys"]

    static func demands(_ request: AdminRequest) -> [Demand] {
        [Demand(.listDataKeys, on: .service)]
    }

    static func perform(_ request: AdminRequest, on drive: SealedDrive, _ reply: AdminReply) async throws {
        let counts = try drive.keys.inUse().map { KeyCount(kmsKey: $0.kmsKey, dataKeys: $0.count) }
        await reply.send(
            Document(
                catalogueKey: try drive.keys.catalogueKMSKey()?.name,
                defaultKey: drive.keys.service.defaultKey.name, keys: counts))
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
