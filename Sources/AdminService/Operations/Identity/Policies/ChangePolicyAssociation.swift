import AccessPolicy
import Accounts
import S3Protocol

/// Gives a user or a group policies, or takes them away: `mc admin policy attach|detach POLICY --user NAME`.
enum ChangePolicyAssociation: AdminOperation {
    static let routes = ["POST /minio/admin/v3/idp/builtin/policy/{operation}"]
    static let body = AdminBody.encrypted

    static func demands(_ request: AdminRequest) throws -> AdminDemands { .givesRights }

    private struct Document: Decodable {
        let policies: [String]
        let user: String?
        let group: String?
    }

    private struct Answer: Encodable {
        var policiesAttached: [String]?
        var policiesDetached: [String]?
        let updatedAt: String
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let document: Document = try request.document()
        let names = document.policies.map { AccountName($0) }
        guard !names.isEmpty else { throw S3Error(.invalidRequest, "No policies are named.") }
        let change: PolicyAttachment
        switch request.pathValues["operation"] {
        case "attach": change = .attach(names)
        case "detach": change = .detach(names)
        default: throw S3Error(.xMinioAdminInvalidArgument, "Policies are attached or detached.")
        }
        let holder: PolicyHolder
        switch (document.user.nonEmpty, document.group.nonEmpty) {
        case (let user?, nil): holder = .user(AccountName(user))
        case (nil, let group?): holder = .group(AccountName(group))
        case (nil, nil), (_?, _?): throw S3Error(.invalidRequest, "One user or one group is to be named.")
        }
        let changed = try await context.accounts.changePolicies(change, of: holder, at: request.time)
        var answer = Answer(updatedAt: DocumentTime.text(request.time))
        switch change {
        case .attach: answer.policiesAttached = changed.map(\.text)
        case .detach, .replace: answer.policiesDetached = changed.map(\.text)
        }
        try await reply.sendEncrypted(answer, for: request)
    }
}

extension String? {
    /// `nil` of an empty text, too.
    var nonEmpty: String? { flatMap { $0.isEmpty ? nil : $0 } }
}
