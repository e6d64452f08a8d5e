import AccessPolicy

/// Everything that is set, as a text that can be imported: `mc admin config export`.
enum ExportConfig: AdminOperation {
    static let name = "GetConfig"
    static let routes = ["GET /minio/admin/v3/config"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.configUpdate) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let text = SettingsText(
            stored: try context.settings.stored(), environment: context.settings.user.environment, showsSecrets: true)
        try await reply.sendEncrypted(bytes: Array(text.export.utf8), for: request)
    }
}
