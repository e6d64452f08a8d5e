import JSON

/// What a vault says of a request that it does not fulfil.
package struct AzureFailure: Sendable, Hashable {
    let status: Int
    /// The broad code, as in `Forbidden`; empty when the answer is not the vault's.
    let code: String
    /// What decides, as in `ForbiddenByPolicy`; the broad code where there is nothing more exact.
    let reason: String
    let message: String

    init(_ answer: StoreAnswer) {
        status = answer.status
        let error = answer.json?["error"]
        code = error?["code"]?.string ?? ""
        reason = error?["innererror"]?["code"]?.string ?? code
        message = Self.short(error?["message"]?.string ?? "no reason given")
    }

    /// Whether the vault itself says that there is no such secret, rather than something in between that knows no vault.
    var isSecretNotFound: Bool { status == 404 && (code == "SecretNotFound" || reason == "SecretNotFound") }

    /// The failure in the store's terms.
    func error(_ operation: String, needing right: AzureRight) -> KeyStoreError {
        let text = "azure: Key Vault failed to \(operation): \(status) \(reason): \(message)"
        switch (status, reason) {
        case (403, "SecretDisabled"): return .corrupt(text)
        // Of the key that wraps all others.
        case (403, "KeyDisabled"): return .unavailable(text)
        case (403, "ForbiddenByPolicy"):
            return .notAuthorized("\(text); an access policy has to grant '\(right.permission)' on \(right.kind)")
        case (403, "ForbiddenByRbac"):
            return .notAuthorized("\(text); a role has to grant '\(right.dataAction)'")
        case (403, "ForbiddenByFirewall"), (403, "ForbiddenByConnection"):
            return .notAuthorized("\(text); the vault's firewall has to let this server in")
        case (403, _):
            return .notAuthorized(
                "\(text); '\(right.permission)' on \(right.kind) has to be granted (with roles: '\(right.dataAction)')")
        case (401, _): return .notAuthorized("\(text); the vault does not accept the token")
        default: return .unavailable(text)
        }
    }

    /// The first line of a service's message, and not more of it than a log line can bear.
    package static func short(_ message: String) -> String {
        let line = message.prefix { !$0.isNewline }
        return line.count > 400 ? "\(line.prefix(400))…" : String(line)
    }
}

/// What has to be granted, in the terms of access policies and of roles.
package enum AzureRight: Sendable {
    case getSecret, listSecrets, setSecret, deleteSecret, purgeSecret, wrapKey, unwrapKey

    var kind: String {
        switch self {
        case .getSecret, .listSecrets, .setSecret, .deleteSecret, .purgeSecret: "secrets"
        case .wrapKey, .unwrapKey: "keys"
        }
    }

    /// As access policies call it.
    var permission: String {
        switch self {
        case .getSecret: "get"
        case .listSecrets: "list"
        case .setSecret: "set"
        case .deleteSecret: "delete"
        case .purgeSecret: "purge"
        case .wrapKey: "wrapKey"
        case .unwrapKey: "unwrapKey"
        }
    }

    /// As roles call it.
    package var dataAction: String {
        let action =
            switch self {
            case .getSecret: "getSecret/action"
            case .listSecrets: "readMetadata/action"
            case .setSecret: "setSecret/action"
            case .deleteSecret: "delete"
            case .purgeSecret: "purge/action"
            case .wrapKey: "wrap/action"
            case .unwrapKey: "unwrap/action"
            }
        return "Microsoft.KeyVault/vaults/\(kind)/\(action)"
    }
}
