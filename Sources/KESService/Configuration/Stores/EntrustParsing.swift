import KeyStores

extension KeyStoreParsing {
    static func entrust(_ store: ConfigurationSection) throws(ConfigurationError) -> EntrustConfiguration {
        let endpoint = try store.required("endpoint", "endpoint", of: "entrust")
        let vault = try store.required("vault_id", "vault ID", of: "entrust")
        let box = try store.required("box_id", "box ID", of: "entrust")
        guard let credentials = try store.section("credentials") else {
            throw .invalid("entrust keystore", "no credentials specified")
        }
        let username = try credentials.required("username", "username", of: "entrust")
        guard let password = try credentials.secret("password") else {
            throw .invalid("entrust keystore", "no password specified")
        }
        return EntrustConfiguration(
            endpoint: endpoint, vaultID: vault, boxID: box, username: username, password: password,
            authorities: try store.section("tls")?.string("ca"))
    }
}
