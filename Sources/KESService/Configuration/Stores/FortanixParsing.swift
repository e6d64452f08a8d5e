import KeyStores

extension KeyStoreParsing {
    static func fortanix(_ store: ConfigurationSection) throws(ConfigurationError) -> FortanixConfiguration {
        let endpoint = try store.required("endpoint", "endpoint", of: "fortanix")
        guard let key = try store.section("credentials")?.secret("key") else {
            throw .invalid("fortanix keystore", "no API key specified")
        }
        return FortanixConfiguration(
            endpoint: endpoint, groupID: try store.string("group_id"), apiKey: key,
            authorities: try store.section("tls")?.string("ca"))
    }
}
