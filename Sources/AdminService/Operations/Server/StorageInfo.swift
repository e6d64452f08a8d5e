import AccessPolicy
import SealedStorage

/// The drive, and how objects are spread over drives.
enum StorageInfo: AdminOperation {
    static let routes = ["GET /minio/admin/v3/storageinfo"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.storageInfo) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let id = (try? await context.drive.records.deploymentID()) ?? ""
        let isWritable = (try? context.drive.checkWritable()) != nil
        let facts = context.facts
        let drive = try await context.drive.offload { DriveDocument(facts, id: id, isWritable: isWritable) }
        try await reply.send(Document(disks: [drive]))
    }

    private struct Document: Encodable, Sendable {
        let disks: [DriveDocument]
        let backend = BackendDocument()

        enum CodingKeys: String, CodingKey {
            case disks = "Disks"
            case backend = "Backend"
        }
    }
}
