import KeyStores

extension KeyStoreParsing {
    static func azure(_ store: ConfigurationSection) throws(ConfigurationError) -> AzureConfiguration {
        let endpoint = try store.required("endpoint", "endpoint", of: "azure")
        return AzureConfiguration(endpoint: endpoint, credentials: try azureCredentials(store, of: "azure"))
    }

    /// Of a Key Vault or Managed HSM; RSA-OAEP-256 is what both of them know.
    static func azureKeys(
        _ section: ConfigurationSection, path: String
    ) throws(ConfigurationError) -> AzureKeysConfiguration {
        let endpoint = try section.required("endpoint", "endpoint", of: "kms")
        let key = try section.required("key", "key", of: "kms")
        var algorithm = AzureKeysConfiguration.Algorithm.rsaOAEP256
        if let text = try section.text("algorithm") {
            guard let given = AzureKeysConfiguration.Algorithm(rawValue: text.value) else {
                let known = AzureKeysConfiguration.Algorithm.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalid("kms keystore", "invalid algorithm '\(text.shown)', use one of \(known)")
            }
            algorithm = given
        }
        return AzureKeysConfiguration(
            path: path, endpoint: endpoint, key: key, algorithm: algorithm,
            credentials: try azureCredentials(section, of: "kms"))
    }

    /// `credentials`, by a secret or a certificate, or `managed_identity`; without both, what the machine offers.
    private static func azureCredentials(
        _ section: ConfigurationSection, of store: String
    ) throws(ConfigurationError) -> AzureConfiguration.Credentials {
        switch (try section.section("credentials"), try section.section("managed_identity")) {
        case (.some, .some): throw .invalid("\(store) keystore", "more than one authentication method specified")
        case (.some(let client), nil):
            let tenant = try client.required("tenant_id", "tenant ID", of: store)
            let id = try client.required("client_id", "client ID", of: store)
            switch (try client.secret("client_secret"), try client.string("client_certificate")) {
            case (.some, .some):
                throw .invalid("\(store) keystore", "both a client secret and a client certificate specified")
            case (.some(let secret), nil): return .client(tenantID: tenant, clientID: id, secret: secret)
            case (nil, .some(let path)):
                return .certificate(
                    tenantID: tenant, clientID: id, path: path,
                    password: try client.secret("client_certificate_password"))
            case (nil, nil): throw .invalid("\(store) keystore", "no client secret specified")
            }
        case (nil, .some(let managed)):
            return .managedIdentity(clientID: try managed.required("client_id", "client ID", of: store))
        case (nil, nil): return .ambient
        }
    }
}
