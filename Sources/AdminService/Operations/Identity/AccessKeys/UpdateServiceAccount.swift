import AccessPolicy
import Accounts
import JSON
import S3Protocol

/// Changes an access key: `mc admin accesskey edit|enable|disable KEY`.
///
/// What is not named stays, its policy too.
enum UpdateServiceAccount: AdminOperation {
    static let routes = ["POST /minio/admin/v3/update-service-account"]
    static let required = ["accessKey"]
    static let body = AdminBody.encrypted

    // Until when it is to last, which policies may ask, its body says.
    static func demands(_ request: AdminRequest) throws -> AdminDemands { .anyAccount }

    private struct Document: Decodable {
        let newSecretKey: String?
        let newStatus: String?
        let newName: String?
        let newDescription: String?
        let newExpiration: String?
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let accessKey = AccountName(try request.required("accessKey"))
        let document: Document = try request.document()
        let expiration = try document.newExpiration.nonEmpty.map { (text) throws(S3Error) in
            try AccessKeyTime.parse(text) ?? 0
        }
        try request.require(
            .all(
                .accessKey(
                    .updateServiceAccount, until: expiration.flatMap { $0 == 0 ? nil : $0 }, at: request.time)))
        guard let account = try context.accounts.snapshot.serviceAccount(accessKey) else {
            throw AccessKeyRefusal.unknown
        }
        try request.requirePower(over: account.owner)
        var update = ServiceAccountUpdate()
        update.secret = document.newSecretKey.nonEmpty.map { SecretString($0) }
        update.isEnabled = try document.newStatus.nonEmpty.map { status throws(S3Error) in
            switch status {
            case "on", "enabled": true
            case "off", "disabled": false
            default: throw S3Error(.xMinioAdminInvalidArgument, "The status is neither 'on' nor 'off'.")
            }
        }
        update.name = document.newName.nonEmpty
        update.description = document.newDescription.nonEmpty
        update.expiration = expiration
        switch try request.json["newPolicy"] {
        case nil, .null: update.policy = .keep
        case let value?:
            update.policy = try AccessKeyPolicy(value).policy.map { .narrow($0) } ?? .inherit
        }
        do {
            try await context.accounts.updateServiceAccount(accessKey, update, at: request.time)
        } catch AccountError.noSuchAccessKey {
            throw AccessKeyRefusal.unknown
        }
        await reply.sendNothing(status: 204)
    }
}

enum AccessKeyRefusal {
    /// As MinIO says it to who changes or removes an access key.
    static let unknown = S3Error(
        .xMinioInvalidIAMCredentials, "The specified service account is not found.", status: 404)
}
