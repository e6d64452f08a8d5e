import AccessPolicy
import S3Protocol

/// Sets some settings, and leaves the others: `mc admin config set`.
enum SetConfigKV: AdminOperation {
    static let routes = ["PUT /minio/admin/v3/set-config-kv"]
    static let body = AdminBody.encrypted

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.configUpdate) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let isApplied = try await context.settings.set(request.text, at: request.time)
        await reply.sendNothing(headers: ConfigHeaders.applied(isApplied))
    }
}

enum ConfigHeaders {
    /// By which `mc` knows that no restart is needed.
    static func applied(_ isApplied: Bool) -> [(name: String, value: String)] {
        isApplied ? [("x-minio-config-applied", "true")] : []
    }
}
