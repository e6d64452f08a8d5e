import AccessPolicy
import Accounts
import SealedStorage

/// Every policy with its document: `mc admin policy list`.
enum ListCannedPolicies: AdminOperation {
    static let routes = ["GET /minio/admin/v3/list-canned-policies"]
    static let optional = ["bucket"]

    static func demands(_ request: AdminRequest) throws -> AdminDemands { .action(.listUserPolicies) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let snapshot = try context.accounts.snapshot
        let bucket = request.nonEmpty("bucket")
        let documents = try await context.drive.offload {
            var documents: [String: PolicyJSON] = [:]
            for name in snapshot.policyNames {
                guard let policy = snapshot.policy(name)?.policy else { continue }
                if let bucket, policy.readable?.mentions(bucket: bucket) != true { continue }
                documents[name.text] = PolicyJSON(policy)
            }
            return documents
        }
        try await reply.send(documents)
    }
}
