import AccessPolicy
import Accounts
import S3Protocol

/// Keeps a policy under a name: `mc admin policy create NAME FILE`.
enum AddCannedPolicy: AdminOperation {
    static let routes = ["PUT /minio/admin/v3/add-canned-policy"]
    static let required = ["name"]
    static let body = AdminBody.plain(limit: IdentityPolicy.maximumBytes)

    static func demands(_ request: AdminRequest) throws -> AdminDemands { .action(.createPolicy) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let name = try AccountName(name: request.required("name"))
        let policy = try IdentityPolicy(forAdministration: request.body)
        // Whoever has it already gets other rights with it.
        try await context.accounts.putPolicy(
            name, policy, mayReplace: request.allows(.givesRights), at: request.time)
        await reply.sendNothing()
    }
}

extension IdentityPolicy {
    /// - Throws: as MinIO's administration names what is wrong.
    convenience init(forAdministration document: [UInt8]) throws(S3Error) {
        do throws(PolicyMalformed) {
            try self.init(document)
        } catch {
            throw switch error.fault {
            case .missingVersion: S3Error(.malformedPolicy, error.description)
            case .missingStatement: S3Error(.xMinioAdminInvalidArgument, error.description)
            case .other: S3Error(.xMinioMalformedIAMPolicy, error.description)
            }
        }
    }
}
