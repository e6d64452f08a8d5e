import AccessPolicy
import Notation
import S3Protocol

/// What was set before: `mc admin config history`.
enum ListConfigHistoryKV: AdminOperation {
    static let routes = ["GET /minio/admin/v3/list-config-history-kv"]
    static let required = ["count"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.configUpdate) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        guard let count = Int(try request.required("count")), count >= 0 else {
            throw S3Error(.invalidRequest, "The query parameter 'count' is no number.")
        }
        let entries = try context.settings.history()
        let shown = count == 0 ? entries : entries.suffix(count)
        try await reply.sendEncrypted(
            shown.map { Entry(restoreId: $0.restoreID, createTime: HTTPDate.iso8601($0.created), data: $0.text) },
            for: request)
    }

    private struct Entry: Encodable, Sendable {
        let restoreId: String
        let createTime: String
        let data: String
    }
}

/// Forgets it, or one entry of it.
enum ClearConfigHistoryKV: AdminOperation {
    static let routes = ["DELETE /minio/admin/v3/clear-config-history-kv"]
    static let required = ["restoreId"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.configUpdate) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let id = try request.required("restoreId")
        guard !id.isEmpty else { throw S3Error(.invalidRequest, "The query parameter 'restoreId' is empty.") }
        try await context.settings.clearHistory(id == "all" ? nil : id)
        await reply.sendNothing()
    }
}

/// Sets again what was set then: `mc admin config restore`.
enum RestoreConfigHistoryKV: AdminOperation {
    static let routes = ["PUT /minio/admin/v3/restore-config-history-kv"]
    static let required = ["restoreId"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.configUpdate) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let id = try request.required("restoreId")
        guard let entry = try context.settings.history().first(where: { $0.restoreID == id }) else {
            throw S3Error(.xMinioConfigError, "There is no configuration \(id).", status: 404)
        }
        let isApplied = try await context.settings.set(entry.text, at: request.time)
        await reply.sendNothing(headers: ConfigHeaders.applied(isApplied))
    }
}
