import AccessPolicy
import S3Protocol

/// Lets settings be again what they are unless they were set: `mc admin config reset`.
enum DeleteConfigKV: AdminOperation {
    /// The second is Coffer's own, for clients that send no body with a DELETE.
    static let routes = ["DELETE /minio/admin/v3/del-config-kv", "POST /minio/admin/v3/del-config-kv"]
    static let body = AdminBody.encrypted

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.configUpdate) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let isApplied = try await context.settings.remove(request.text, at: request.time)
        await reply.sendNothing(headers: ConfigHeaders.applied(isApplied))
    }
}
