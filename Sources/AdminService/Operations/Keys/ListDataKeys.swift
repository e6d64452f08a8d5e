import AccessPolicy
import KeyManagement
import SealedStorage

/// How many of the drive's data keys each version of each key of the key service wraps.
///
/// Coffer's own: `coffer keys ls`.
enum ListDataKeys: AdminOperation {
    static let routes = ["GET /minio/kms/v1/coffer/data-keys"]

    static func demands(_ request: AdminRequest) -> AdminDemands {
        .all(Demand(.listDataKeys, on: .service))
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let catalogueKey = try context.drive.keys.catalogueKey()
        let counts = try await context.drive.keys.counts().map(KeyCount.init)
        try await reply.send(
            Document(
                catalogueKey: catalogueKey?.kmsKey.name, catalogueKeyVersion: catalogueKey?.version.known,
                defaultKey: context.drive.keys.service.defaultKey.name, keys: counts))
    }

    private struct Document: Encodable {
        let catalogueKey: String?
        let catalogueKeyVersion: UInt32?
        let defaultKey: String
        let keys: [KeyCount]
    }
}

struct KeyCount: Encodable {
    let kmsKey: String
    /// Left out where the wrapped keys do not tell.
    let version: UInt32?
    let dataKeys: Int

    init(_ count: DataKeyCount) {
        kmsKey = count.kmsKey
        version = count.version.known
        dataKeys = count.count
    }
}

extension MasterKeyVersion {
    fileprivate var known: UInt32? {
        switch self {
        case .unknown: nil
        case .number(let number): number
        }
    }
}
