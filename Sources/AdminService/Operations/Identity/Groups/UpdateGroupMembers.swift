import AccessPolicy
import Accounts
import S3Protocol

/// Adds users to a group, takes them out, or removes the group: `mc admin group add|remove GROUP [MEMBERS]`.
enum UpdateGroupMembers: AdminOperation {
    static let routes = ["PUT /minio/admin/v3/update-group-members"]
    static let body = AdminBody.json(limit: 1 << 20)

    static func demands(_ request: AdminRequest) throws -> AdminDemands { .action(.addUserToGroup) }

    private struct Document: Decodable {
        let group: String
        let members: [String]?
        let isRemove: Bool?
        let groupStatus: String?
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let document: Document = try request.document()
        let members = (document.members ?? []).map { AccountName($0) }
        let accounts = context.accounts
        // A group's policies are its members'; and what it forbids them is not any more when they leave.
        let mayGiveRights = request.allows(.givesRights)
        if document.isRemove ?? false {
            let name = AccountName(document.group)
            if members.isEmpty {
                try await accounts.removeGroup(name)
            } else {
                try await accounts.removeMembers(
                    members, from: name, mayGiveRights: mayGiveRights, at: request.time)
            }
        } else {
            let name = try AccountName(name: document.group)
            let status = try document.groupStatus.flatMap { $0.isEmpty ? nil : try StatusText.parse($0) }
            try await accounts.addMembers(
                members, to: name, isEnabled: status, mayGiveRights: mayGiveRights, at: request.time)
        }
        await reply.sendNothing()
    }
}
