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
