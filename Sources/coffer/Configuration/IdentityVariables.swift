import STSService

/// Who may have sessions without a user here, as MinIO's variables say it.
struct IdentityVariables: Sendable {
    /// Whether a client certificate makes a session, and whether somebody else has looked at it.
    let admitsCertificates: Bool
    let skipsVerification: Bool
    let openID: OpenIDProvider.Configuration?

    init(_ environment: Environment, notes: inout [String]) throws(StartFailure) {
        admitsCertificates = try environment.isOn("IDENTITY_TLS_ENABLE")
        skipsVerification = try environment.isOn("IDENTITY_TLS_SKIP_VERIFY")
        openID = try Self.openID(environment)
        if environment.value("IDENTITY_LDAP_SERVER_ADDR") != nil {
            notes.append(
                "MINIO_IDENTITY_LDAP_SERVER_ADDR: this server knows no LDAP directory; nobody is looked up there")
        }
    }

    private static func openID(_ environment: Environment) throws(StartFailure) -> OpenIDProvider.Configuration? {
        guard let url = environment.value("IDENTITY_OPENID_CONFIG_URL"), !url.isEmpty else { return nil }
        if let enabled = environment.value("IDENTITY_OPENID_ENABLE"), enabled.lowercased() == "off" { return nil }
        guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
            throw StartFailure("MINIO_IDENTITY_OPENID_CONFIG_URL: \"\(url)\" is no URL")
        }
        guard let client = environment.value("IDENTITY_OPENID_CLIENT_ID"), !client.isEmpty else {
            throw StartFailure("MINIO_IDENTITY_OPENID_CLIENT_ID is missing: tokens for any client would be taken")
        }
        var configuration = OpenIDProvider.Configuration(configurationURL: url, clientID: client)
        if let name = environment.value("IDENTITY_OPENID_CLAIM_NAME"), !name.isEmpty { configuration.claimName = name }
        if let policies = environment.value("IDENTITY_OPENID_ROLE_POLICY"), !policies.isEmpty {
            configuration.rolePolicies = policies.split(separator: ",").map(String.init)
        }
        return configuration
    }

    /// Read here, without prefix.
    static let names: Set<String> = [
        "IDENTITY_TLS_ENABLE", "IDENTITY_TLS_SKIP_VERIFY", "IDENTITY_LDAP_SERVER_ADDR", "IDENTITY_OPENID_ENABLE",
        "IDENTITY_OPENID_CONFIG_URL", "IDENTITY_OPENID_CLIENT_ID", "IDENTITY_OPENID_CLAIM_NAME",
        "IDENTITY_OPENID_ROLE_POLICY",
    ]
}
