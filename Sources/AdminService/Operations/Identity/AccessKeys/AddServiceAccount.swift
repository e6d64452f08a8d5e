import AccessPolicy
import Accounts
import JSON
import S3Protocol

/// Makes an access key that acts for its owner: `mc admin accesskey create [USER]`.
enum AddServiceAccount: AdminOperation {
    static let routes = ["PUT /minio/admin/v3/add-service-account"]
    static let body = AdminBody.encrypted

    // For whom it is, its body says.
    static func demands(_ request: AdminRequest) throws -> AdminDemands { .anyAccount }

    private struct Document: Decodable {
        let targetUser: String?
        let accessKey: String?
        let secretKey: String?
        let name: String?
        let description: String?
        let comment: String?
        let expiration: String?
    }

    private struct Answer: Encodable {
        struct Credentials: Encodable {
            let accessKey: String
            let secretKey: String
            let expiration: String
        }

        let credentials: Credentials
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let document: Document = try request.document()
        let owner = try owner(document.targetUser.nonEmpty, request, context)
        let expiration = try AccessKeyTime.parse(document.expiration)
        try requireRight(to: owner, until: expiration, request)
        let secret: String
        let accessKey: String
        switch (document.accessKey.nonEmpty, document.secretKey.nonEmpty) {
        case (let given?, let givenSecret?): (accessKey, secret) = (given, givenSecret)
        case (nil, nil): (accessKey, secret) = (GeneratedKeys.accessKey(), GeneratedKeys.secret())
        case (nil, .some): throw S3Error(.xMinioAdminNoAccessKey)
        case (.some, nil): throw S3Error(.xMinioAdminNoSecretKey)
        }
        var new = NewServiceAccount(accessKey: accessKey, secret: SecretString(secret))
        new.policy = try AccessKeyPolicy(try request.json["policy"]).policy
        new.name = document.name
        new.description = document.description.nonEmpty ?? document.comment
        new.expiration = expiration
        let account = try await context.accounts.addServiceAccount(new, for: owner, at: request.time)
        try await reply.sendEncrypted(
            Answer(
                credentials: Answer.Credentials(
                    accessKey: accessKey, secretKey: secret, expiration: AccessKeyTime.text(account.expiration))),
            for: request)
    }

    /// The owner that is asked for; else the caller, or for whom it acts.
    private static func owner(
        _ target: String?, _ request: AdminRequest, _ context: AdminContext
    ) throws -> AccountOwner {
        guard let target else {
            guard let owner = request.principal.accountOwner else { throw S3Error(.accessDenied) }
            return owner
        }
        let name = AccountName(target)
        if name == context.accounts.rootName { return .root }
        if try context.accounts.snapshot.serviceAccount(name) != nil {
            throw S3Error(.xMinioIAMServiceAccountNotAllowed, "An access key cannot own others.")
        }
        return .user(name)
    }

    /// - Parameter expiration: milliseconds since 1970; `nil` for a key that never expires.
    private static func requireRight(
        to owner: AccountOwner, until expiration: Int64?, _ request: AdminRequest
    ) throws(S3Error) {
        let demand = Demand.accessKey(.createServiceAccount, until: expiration, at: request.time)
        if request.isSelf(owner, unlessForbidden: demand) { return }
        try request.require(.all(demand))
        try request.requirePower(over: owner)
    }
}

extension Demand {
    /// The right to make or change an access key that is to expire then.
    static func accessKey(_ action: Action, until expiration: Int64?, at time: Int64) -> Demand {
        var conditions: [ConditionKey: [String]] = [:]
        if let expiration { conditions[.accessKeyDuration] = [String(max(0, expiration - time) / 1000)] }
        return Demand(action, on: .service, conditions: conditions)
    }
}

extension AdminRequest {
    /// Demands the right to come by the rights of an owner: with its access keys one is it.
    func requirePower(over owner: AccountOwner) throws(S3Error) {
        if principal.accountOwner == owner, !principal.isRestricted { return }
        if owner == .root, !principal.isRoot { throw S3Error(.accessDenied) }
        try require(.givesRights)
    }
}

/// The policy of an access key in a request.
struct AccessKeyPolicy {
    /// `nil` for none: all of the owner's rights.
    let policy: IdentityPolicy?

    /// - Throws: for one that is none, or too long.
    init(_ value: JSONValue?) throws(S3Error) {
        guard let value, !Self.isEmpty(value) else {
            policy = nil
            return
        }
        let document = value.bytes
        guard document.count <= IdentityPolicy.maximumBytesOfAccessKey else {
            throw S3Error(
                .xMinioMalformedIAMPolicy,
                "The policy of an access key has at most \(IdentityPolicy.maximumBytesOfAccessKey) bytes.")
        }
        policy = try IdentityPolicy(forAdministration: document)
    }

    /// What clients send for none: `null`, `{}`, an empty text, or a document without version and statements.
    private static func isEmpty(_ value: JSONValue) -> Bool {
        switch value {
        case .null: true
        case .string(let text): text.isEmpty
        case .object(let members):
            members.allSatisfy { member in
                switch (member.name, member.value) {
                case ("Version", .string("")), ("Statement", .null): true
                default: false
                }
            }
        case .array, .number, .bool: false
        }
    }
}

/// When access keys expire, as documents say it.
enum AccessKeyTime {
    static func text(_ milliseconds: Int64?) -> String {
        milliseconds.map { DocumentTime.text($0) } ?? DocumentTime.unlimited
    }

    /// Milliseconds since 1970; `nil` where it is not said, or for the times that stand for never.
    static func parse(_ text: String?) throws(S3Error) -> Int64? {
        guard let text, !text.isEmpty, !text.hasPrefix("0001-01-01T00:00:00") else { return nil }
        guard let time = RFC3339.milliseconds(text) else {
            throw S3Error(.xMinioInvalidResource, "The expiration is no time.")
        }
        return time == 0 ? nil : time
    }
}
