import KeyStores

extension KeyStoreParsing {
    /// `secretsmanager`, or `secrets_manager` with the names it had before 2020-04.
    static func aws(_ section: ConfigurationSection) throws(ConfigurationError) -> AWSConfiguration {
        try secretsManager(try section.product("secretsmanager", orOlder: "secrets_manager"))
    }

    static func secretsManager(_ store: ConfigurationSection) throws(ConfigurationError) -> AWSConfiguration {
        AWSConfiguration(
            endpoint: try store.required("endpoint", orOlder: "address", "endpoint", of: "aws"),
            region: try awsRegion(store, of: "aws"), kmsKey: try store.string("kmskey", orOlder: "kms_key_id"),
            credentials: try awsCredentials(store),
            probesStatus: try store.section("status")?.boolean("probe") ?? false)
    }

    static func awsKMS(_ section: ConfigurationSection, path: String) throws(ConfigurationError) -> AWSKMSConfiguration
    {
        let key = try section.required("key", "key", of: "kms")
        // An ARN has the region in it: arn:aws:kms:REGION:ACCOUNT:key/ID.
        let parts = key.split(separator: ":", omittingEmptySubsequences: false)
        let region = key.hasPrefix("arn:") && parts.count > 4 && !parts[3].isEmpty ? String(parts[3]) : nil
        return AWSKMSConfiguration(
            path: path, key: key, region: try awsRegion(section, orElse: region, of: "kms"),
            endpoint: try section.string("endpoint"), credentials: try awsCredentials(section))
    }

    /// The region of the file, else what else tells it, else that of the environment, as AWS's own programs have it.
    private static func awsRegion(
        _ section: ConfigurationSection, orElse known: String? = nil, of store: String
    ) throws(ConfigurationError) -> String {
        let environment = ["AWS_REGION", "AWS_DEFAULT_REGION"].compactMap { section.reader.environment[$0] }
        if let region = try section.string("region") ?? known ?? environment.first(where: { !$0.isEmpty }) {
            return region
        }
        throw .invalid("\(store) keystore", "no region specified")
    }

    /// `nil` where none of the three is there.
    private static func awsCredentials(
        _ section: ConfigurationSection
    ) throws(ConfigurationError) -> AWSConfiguration.Credentials? {
        guard let given = try section.section("credentials") else { return nil }
        let accessKey = try given.string("accesskey", orOlder: "access_key")
        let secretKey = try given.string("secretkey", orOlder: "secret_key").map(SecretText.init)
        let token = try given.string("token", orOlder: "session_token").map(SecretText.init)
        guard accessKey != nil || secretKey != nil || token != nil else { return nil }
        return .init(accessKey: accessKey ?? "", secretKey: secretKey, sessionToken: token)
    }
}
