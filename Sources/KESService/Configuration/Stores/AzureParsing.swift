import KeyStores

extension KeyStoreParsing {
    static func azure(_ store: ConfigurationSection) throws(ConfigurationError) -> AzureConfiguration {
        let endpoint = try store.required("endpoint", "endpoint", of: "azure")
        let client = try store.section("credentials")
        let managed = try store.section("managed_identity")
        let credentials: AzureConfiguration.Credentials
        switch (client, managed) {
        case (.some, .some): throw .invalid("azure keystore", "more than one authentication method specified")
        case (.some(let client), nil):
            let tenant = try client.required("tenant_id", "tenant ID", of: "azure")
            let id = try client.required("client_id", "client ID", of: "azure")
            guard let secret = try client.secret("client_secret") else {
                throw .invalid("azure keystore", "no client secret specified")
            }
            credentials = .client(tenantID: tenant, clientID: id, secret: secret)
        case (nil, .some(let managed)):
            credentials = .managedIdentity(clientID: try managed.required("client_id", "client ID", of: "azure"))
        case (nil, nil): credentials = .ambient
        }
        return AzureConfiguration(endpoint: endpoint, credentials: credentials)
    }

    static func azureKeys(
        _ section: ConfigurationSection, path: String
    ) throws(ConfigurationError) -> AzureKeysConfiguration {
        .init(path: path, key: try section.required("key", "key", of: "kms"))
    }
}
