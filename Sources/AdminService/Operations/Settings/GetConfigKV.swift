import AccessPolicy
import S3Protocol

/// What one subsystem is set to: `mc admin config get`.
enum GetConfigKV: AdminOperation {
    static let routes = ["GET /minio/admin/v3/get-config-kv"]
    static let required = ["key"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.configUpdate) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let key = try request.required("key")
        let parts = key.split(separator: ":", maxSplits: 1).map(String.init)
        guard let name = parts.first, let subsystem = SettingsSubsystem.named(name) else {
            throw S3Error(.xMinioConfigError, "unknown subsystem: \(key)")
        }
        let text = SettingsText(
            stored: try context.settings.stored(), environment: context.settings.user.environment, showsSecrets: false)
        guard let lines = text.lines(of: subsystem, target: parts.count == 2 ? parts[1] : nil) else {
            throw S3Error(.xMinioConfigError, "unknown target: \(key)")
        }
        try await reply.sendEncrypted(bytes: Array(lines.utf8), for: request)
    }
}
