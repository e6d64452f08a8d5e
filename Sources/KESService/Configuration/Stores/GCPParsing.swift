import KeyStores

extension KeyStoreParsing {
    static func gcp(_ store: ConfigurationSection) throws(ConfigurationError) -> GCPConfiguration {
        let project = try store.required("project_id", "project ID", of: "gcp")
        return GCPConfiguration(
            projectID: project, endpoint: try store.string("endpoint"),
            scopes: try store.list("scopes").map(\.value).filter { !$0.isEmpty },
            credentials: try store.section("credentials").flatMap(gcpCredentials),
            ambient: .init(environment: store.reader.environment))
    }

    /// The credentials, of four fields; `nil` where none of them is there, and an error where only some are.
    ///
    /// `token_uri`, which KES does not have, is for clouds whose tokens come from elsewhere.
    private static func gcpCredentials(
        _ section: ConfigurationSection
    ) throws(ConfigurationError) -> GCPConfiguration.Credentials? {
        let email = try section.string("client_email")
        let id = try section.string("client_id")
        let keyID = try section.string("private_key_id")
        let key = try section.string("private_key")
        let tokenURL = try section.string("token_uri")
        if email == nil, id == nil, keyID == nil, key == nil { return nil }
        guard let email else { throw ConfigurationError("gcp: no client email provided") }
        guard let id else { throw ConfigurationError("gcp: no client ID provided") }
        guard let keyID else { throw ConfigurationError("gcp: no private key ID provided") }
        guard let key else { throw ConfigurationError("gcp: no private key provided") }
        return .init(
            clientEmail: email, clientID: id, privateKeyID: keyID,
            privateKey: SecretText(
                key.split(separator: "\\n", omittingEmptySubsequences: false).joined(separator: "\n")),
            tokenURL: tokenURL ?? GCPConfiguration.Credentials.tokenURL)
    }
}
