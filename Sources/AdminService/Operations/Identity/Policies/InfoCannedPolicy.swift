import AccessPolicy
import Accounts
import S3Protocol

/// One policy: `mc admin policy info NAME`.
enum InfoCannedPolicy: AdminOperation {
    static let routes = ["GET /minio/admin/v3/info-canned-policy"]
    static let required = ["name"]
    static let optional = ["v"]

    static func demands(_ request: AdminRequest) throws -> AdminDemands { .action(.getPolicy) }

    private struct Document: Encodable {
        let name: String
        let policy: PolicyJSON
        let created: String
        let updated: String

        enum CodingKeys: String, CodingKey {
            case name = "PolicyName"
            case policy = "Policy"
            case created = "CreateDate"
            case updated = "UpdateDate"
        }
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let name = AccountName(try request.required("name"))
        guard let policy = try context.accounts.snapshot.policy(name) else { throw AccountError.noSuchPolicy }
        let json = PolicyJSON(policy.policy)
        guard request.value("v") == "2" else {
            return try await reply.send(json)
        }
        try await reply.send(
            Document(
                name: name.text, policy: json, created: DocumentTime.text(policy.created),
                updated: DocumentTime.text(policy.changed)))
    }
}
