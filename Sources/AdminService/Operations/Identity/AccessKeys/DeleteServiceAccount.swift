import AccessPolicy
import Accounts
import S3Protocol

/// Removes an access key: `mc admin accesskey remove KEY`.
enum DeleteServiceAccount: AdminOperation {
    static let routes = ["DELETE /minio/admin/v3/delete-service-account"]
    static let required = ["accessKey"]

    // Whose it is, its record says.
    static func demands(_ request: AdminRequest) throws -> AdminDemands { .anyAccount }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let accessKey = AccountName(try request.required("accessKey"))
        let account = try context.accounts.snapshot.serviceAccount(accessKey)
        let isOwn = account.map { request.isSelf($0.owner, unlessForbidden: .removeServiceAccount) } ?? false
        // Who may not remove it learns no more than of one that is not there.
        guard account != nil, isOwn || request.allows(.action(.removeServiceAccount)) else {
            throw AccessKeyRefusal.unknown
        }
        do {
            try await context.accounts.removeServiceAccount(accessKey)
        } catch AccountError.noSuchAccessKey {
            throw AccessKeyRefusal.unknown
        }
        await reply.sendNothing(status: 204)
    }
}
