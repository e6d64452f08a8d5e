import KeyStores

extension KeyStoreParsing {
    /// `secretsmanager`, or `secrets_manager` with the names it had before 2020-04.
    static func aws(_ section: ConfigurationSection) throws(ConfigurationError) -> AWSConfiguration {
        let store = try section.product("secretsmanager", orOlder: "secrets_manager")
        let endpoint = try store.required("endpoint", orOlder: "address", "endpoint", of: "aws")
        let region = try store.required("region", "region", of: "aws")
        let kmsKey = try store.string("kmskey", orOlder: "kms_key_id")
        var credentials: AWSConfiguration.Credentials?
        if let given = try store.section("credentials") {
            let accessKey = try given.string("accesskey", orOlder: "access_key")
            let secretKey = try given.string("secretkey", orOlder: "secret_key").map(SecretText.init)
            let token = try given.string("token", orOlder: "session_token").map(SecretText.init)
            if accessKey != nil || secretKey != nil || token != nil {
                credentials = .init(accessKey: accessKey ?? "", secretKey: secretKey, sessionToken: token)
            }
        }
        return AWSConfiguration(endpoint: endpoint, region: region, kmsKey: kmsKey, credentials: credentials)
    }

    static func awsKMS(_ section: ConfigurationSection, path: String) throws(ConfigurationError) -> AWSKMSConfiguration
    {
        .init(path: path, key: try section.required("key", "key", of: "kms"))
    }
}
