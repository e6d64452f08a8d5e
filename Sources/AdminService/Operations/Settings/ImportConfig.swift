import AccessPolicy

/// Puts a text in the place of everything that is set: `mc admin config import`.
enum ImportConfig: AdminOperation {
    static let name = "SetConfig"
    static let routes = ["PUT /minio/admin/v3/config"]
    static let body = AdminBody.encrypted

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.configUpdate) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        try await context.settings.replace(request.text, at: request.time)
        await reply.sendNothing()
    }
}
