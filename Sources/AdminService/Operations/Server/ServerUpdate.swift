import AccessPolicy
import S3Protocol

/// The server does not replace its own program: packages do.
enum ServerUpdate: AdminOperation {
    static let routes = ["POST /minio/admin/v3/update"]
    static let optional = ["type", "dry-run", "updateURL", "by-host"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.serverUpdate) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        throw S3Error(
            .methodNotAllowed, "The server is not updated from within. Install a new package, and restart it.")
    }
}
