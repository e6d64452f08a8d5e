import KeyStores

/// Reads the section `keystore`: one parser a store, and which of them the file uses.
enum KeyStoreParsing {
    private typealias Parser = (ConfigurationSection) throws(ConfigurationError) -> KeyStoreConfiguration

    static let names = ["fs", "vault", "fortanix", "gemalto", "aws", "azure", "gcp", "entrust"]

    static func parse(_ section: ConfigurationSection?) throws(ConfigurationError) -> KeyStoreConfiguration {
        guard let section else { throw ConfigurationError("kesconf: no keystore specified") }
        var found: [(name: String, section: ConfigurationSection)] = []
        for name in names {
            if let store = try section.section(name) { found.append((name, store)) }
        }
        guard found.count <= 1 else { throw .invalid("keystore config", "more than once keystore specified") }
        guard let (name, store) = found.first else {
            for old in ["kes", "generic"] where section[line: old] != nil {
                throw ConfigurationError(
                    "kesconf: no keystore specified: '\(section.full(old))' is no longer supported, "
                        + "use one of \(names.joined(separator: ", "))")
            }
            throw ConfigurationError("kesconf: no keystore specified")
        }
        switch name {
        case "fs": return .fs(.init(path: try store.required("path", "path", of: "fs")))
        case "vault": return .vault(try vault(store))
        case "fortanix": return .fortanix(try fortanix(try store.product("sdkms")))
        case "gemalto": return .gemalto(try gemalto(try store.product("keysecure")))
        case "aws": return .aws(try aws(store))
        case "azure": return .azure(try azure(try store.product("keyvault")))
        case "gcp": return .gcp(try gcp(try store.product("secretmanager")))
        default: return .entrust(try entrust(try store.product("keycontrol")))
        }
    }

    private static func fortanix(_ store: ConfigurationSection) throws(ConfigurationError) -> FortanixConfiguration {
        let endpoint = try store.required("endpoint", "endpoint", of: "fortanix")
        guard let key = try store.section("credentials")?.secret("key") else {
            throw .invalid("fortanix keystore", "no API key specified")
        }
        return FortanixConfiguration(
            endpoint: endpoint, groupID: try store.string("group_id"), apiKey: key,
            authorities: try store.section("tls")?.string("ca"))
    }

    private static func gemalto(_ store: ConfigurationSection) throws(ConfigurationError) -> GemaltoConfiguration {
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

    /// `secretsmanager`, or `secrets_manager` with the names it had before 2020-04.
    private static func aws(_ section: ConfigurationSection) throws(ConfigurationError) -> AWSConfiguration {
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

    private static func azure(_ store: ConfigurationSection) throws(ConfigurationError) -> AzureConfiguration {
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

    private static func gcp(_ store: ConfigurationSection) throws(ConfigurationError) -> GCPConfiguration {
        let project = try store.required("project_id", "project ID", of: "gcp")
        return GCPConfiguration(
            projectID: project, endpoint: try store.string("endpoint"),
            scopes: try store.list("scopes").map(\.value).filter { !$0.isEmpty },
            credentials: try store.section("credentials").flatMap(gcpCredentials))
    }

    /// The credentials, of four fields; `nil` where none of them is there, and an error where only some are.
    private static func gcpCredentials(
        _ section: ConfigurationSection
    ) throws(ConfigurationError) -> GCPConfiguration.Credentials? {
        let email = try section.string("client_email")
        let id = try section.string("client_id")
        let keyID = try section.string("private_key_id")
        let key = try section.string("private_key")
        if email == nil, id == nil, keyID == nil, key == nil { return nil }
        guard let email else { throw ConfigurationError("gcp: no client email provided") }
        guard let id else { throw ConfigurationError("gcp: no client ID provided") }
        guard let keyID else { throw ConfigurationError("gcp: no private key ID provided") }
        guard let key else { throw ConfigurationError("gcp: no private key provided") }
        return .init(
            clientEmail: email, clientID: id, privateKeyID: keyID,
            privateKey: SecretText(
                key.split(separator: "\\n", omittingEmptySubsequences: false).joined(separator: "\n"))
        )
    }

    private static func entrust(_ store: ConfigurationSection) throws(ConfigurationError) -> EntrustConfiguration {
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

extension ConfigurationSection {
    /// A text that has to be there.
    func required(
        _ key: String, orOlder old: String? = nil, _ thing: String, of store: String
    ) throws(ConfigurationError) -> String {
        guard let value = try string(key, orOlder: old) else {
            throw .invalid("\(store) keystore", "no \(thing) specified")
        }
        return value
    }

    /// The section of the one product that a vendor's section has.
    fileprivate func product(
        _ key: String, orOlder old: String? = nil
    ) throws(ConfigurationError) -> ConfigurationSection {
        if let product = try section(try current(key, orOlder: old)) { return product }
        throw .invalid("\(path.split(separator: ".").last ?? "") keystore", "no \(key) specified")
    }
}
