import AccessPolicy
import S3Protocol

/// The providers of accounts of a kind, of which there is none unless one is configured: `mc idp openid ls`.
enum ListIDPConfig: AdminOperation {
    static let routes = ["GET /minio/admin/v3/idp-config/{type}"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.configUpdate) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let type = try IdentityProviderKind(request)
        let isEnabled = context.settings.user.environment["IDENTITY_\(type.rawValue.uppercased())_CONFIG_URL"] != nil
        try await reply.sendEncrypted([Entry(type: type.rawValue, enabled: isEnabled)], for: request)
    }

    private struct Entry: Encodable, Sendable {
        let type: String
        let name = "_"
        let enabled: Bool
    }
}

/// What one of them is set to: `mc idp openid info`.
enum GetIDPConfig: AdminOperation {
    static let routes = ["GET /minio/admin/v3/idp-config/{type}/{name}"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.configUpdate) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let type = try IdentityProviderKind(request)
        guard let subsystem = SettingsSubsystem.named("identity_\(type.rawValue)") else {
            throw S3Error(.xMinioAdminInvalidArgument)
        }
        let target = request.pathValues["name"] ?? SettingsSubsystem.onlyTarget
        let stored = try context.settings.stored().values[.init(subsystem: subsystem.name, target: target)] ?? [:]
        let environment = context.settings.user.environment
        let info = subsystem.keys.compactMap { key -> Value? in
            if let value = environment[subsystem.variable(key.name, target: target)] {
                return Value(key: key.name, value: key.isSecret ? "" : value, isCfg: false, isEnv: true)
            }
            guard let value = stored[key.name], !key.isSecret else { return nil }
            return Value(key: key.name, value: value, isCfg: true, isEnv: false)
        }
        try await reply.sendEncrypted(Document(type: type.rawValue, name: target, info: info), for: request)
    }

    private struct Document: Encodable, Sendable {
        let type: String
        let name: String
        let info: [Value]
    }

    private struct Value: Encodable, Sendable {
        let key: String
        let value: String
        let isCfg: Bool
        let isEnv: Bool
    }
}

/// Configures a provider: its settings are those of `identity_openid` and `identity_ldap`.
enum SetIDPConfig: AdminOperation {
    static let routes = [
        "PUT /minio/admin/v3/idp-config/{type}/{name}", "POST /minio/admin/v3/idp-config/{type}/{name}",
    ]
    static let body = AdminBody.encrypted

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.configUpdate) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let text = try request.text
        guard !text.contains(where: \.isNewline) else { throw S3Error(.xMinioConfigError) }
        let isApplied = try await context.settings.set("\(try address(request)) \(text)", at: request.time)
        await reply.sendNothing(headers: ConfigHeaders.applied(isApplied))
    }

    fileprivate static func address(_ request: AdminRequest) throws(S3Error) -> String {
        let subsystem = "identity_\(try IdentityProviderKind(request).rawValue)"
        let name = request.pathValues["name"] ?? SettingsSubsystem.onlyTarget
        guard name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw S3Error(.xMinioConfigError) }
        return name == SettingsSubsystem.onlyTarget ? subsystem : "\(subsystem):\(name)"
    }
}

enum DeleteIDPConfig: AdminOperation {
    static let routes = ["DELETE /minio/admin/v3/idp-config/{type}/{name}"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.configUpdate) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let isApplied = try await context.settings.remove(SetIDPConfig.address(request), at: request.time)
        await reply.sendNothing(headers: ConfigHeaders.applied(isApplied))
    }
}

/// Accounts of a directory: there are none.
enum LDAPIdentities: AdminOperation {
    static let routes = [
        "GET /minio/admin/v3/idp/ldap/policy-entities", "POST /minio/admin/v3/idp/ldap/policy/{operation}",
        "GET /minio/admin/v3/idp/ldap/list-access-keys", "GET /minio/admin/v3/idp/ldap/list-access-keys-bulk",
        "PUT /minio/admin/v3/idp/ldap/add-service-account",
    ]
    static let body = AdminBody.plain(limit: AdminBody.encrypted.limit)

    static func demands(_ request: AdminRequest) -> AdminDemands { .anyAccount }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        throw S3Error(.xMinioLDAPNotEnabled)
    }
}

/// The kinds of providers that clients ask for.
private enum IdentityProviderKind: String {
    case openid, ldap

    init(_ request: AdminRequest) throws(S3Error) {
        guard let kind = request.pathValues["type"].flatMap(IdentityProviderKind.init(rawValue:)) else {
            throw S3Error(.xMinioAdminInvalidArgument, "Providers of accounts are openid or ldap.")
        }
        self = kind
    }
}
