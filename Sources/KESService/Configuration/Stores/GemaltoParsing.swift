import KeyStores

extension KeyStoreParsing {
    static func gemalto(_ store: ConfigurationSection) throws(ConfigurationError) -> GemaltoConfiguration {
        let endpoint = try store.required("endpoint", "endpoint", of: "gemalto")
        let credentials = try store.section("credentials")
        credentials?.ignore("retry")
        guard let token = try credentials?.secret("token") else {
            throw .invalid("gemalto keystore", "no refresh token specified")
        }
        return GemaltoConfiguration(
            endpoint: endpoint, token: token, domain: try credentials?.string("domain"),
            authorities: try store.section("tls")?.string("ca"))
    }
}
