import AccessPolicy
import S3Protocol

/// What there is to set: `mc admin config set NAME`, without settings.
enum HelpConfigKV: AdminOperation {
    static let routes = ["GET /minio/admin/v3/help-config-kv"]
    static let required = ["subSys"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.configUpdate) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let name = try request.required("subSys")
        let namesVariables = request.value("env") != nil
        guard !name.isEmpty else {
            return try await reply.send(
                Document(
                    subSys: "", description: "", multipleTargets: false,
                    keysHelp: SettingsSubsystem.all.map { Key($0) }))
        }
        guard let subsystem = SettingsSubsystem.named(name) else {
            throw S3Error(.xMinioConfigError, "unknown sub-system \(name)")
        }
        let wanted = request.nonEmpty("key")
        let keys = (subsystem.keys + [SettingsSubsystem.comment]).filter { wanted == nil || $0.name == wanted }
        guard !keys.isEmpty else {
            throw S3Error(.xMinioConfigError, "unknown key \(wanted ?? "") of sub-system \(name)")
        }
        try await reply.send(
            Document(
                subSys: name, description: subsystem.description, multipleTargets: subsystem.hasTargets,
                keysHelp: keys.map { Key($0, of: subsystem, isVariable: namesVariables) }))
    }

    private struct Document: Encodable, Sendable {
        let subSys: String
        let description: String
        let multipleTargets: Bool
        let keysHelp: [Key]
    }

    private struct Key: Encodable, Sendable {
        let key: String
        let type: String
        let description: String
        let optional: Bool
        let multipleTargets: Bool

        init(_ key: SettingsKey, of subsystem: SettingsSubsystem, isVariable: Bool) {
            self.key =
                isVariable ? "MINIO_" + subsystem.variable(key.name, target: SettingsSubsystem.onlyTarget) : key.name
            type = key.kind.rawValue
            description = key.description
            optional = !key.isRequired
            multipleTargets = false
        }

        init(_ subsystem: SettingsSubsystem) {
            key = subsystem.name
            type = ""
            description = subsystem.description
            optional = true
            multipleTargets = subsystem.hasTargets
        }
    }
}
