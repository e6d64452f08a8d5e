import KeyStores

extension KeyStoreParsing {
    static func vault(_ store: ConfigurationSection) throws(ConfigurationError) -> VaultConfiguration {
        let endpoint = try store.required("endpoint", orOlder: "address", "endpoint", of: "vault")
        var version = VaultConfiguration.EngineVersion.v1
        if let text = try store.text("version") {
            guard let known = VaultConfiguration.EngineVersion(rawValue: text.value.lowercased()) else {
                throw .invalid("vault keystore", "invalid engine version '\(text.shown)'")
            }
            version = known
        }
        var transit: VaultConfiguration.Transit?
        if let section = try store.section("transit") {
            transit = .init(
                engine: try engine(section, or: "transit"),
                key: try section.required("key", "transit key", of: "vault"))
        }
        let interval = try store.section("status")?.duration("ping") ?? .seconds(15)
        guard interval > .zero else { throw .invalid("vault keystore", "status.ping has to be more than nothing") }
        let prefix = try store.string("prefix", orOlder: "name")
        guard prefix.map({ VaultPath($0) != nil }) ?? true else {
            throw .invalid("vault keystore", "the prefix leads out of the engine: it has '..' in it")
        }
        let tls = try tls(store)
        return VaultConfiguration(
            endpoint: endpoint, engine: try engine(store, or: "kv"), version: version,
            namespace: try store.string("namespace"), prefix: prefix, transit: transit,
            login: try login(store, tls), tls: tls, statusInterval: interval)
    }

    private static func engine(
        _ section: ConfigurationSection, or standard: String
    ) throws(ConfigurationError) -> String {
        let engine = try section.string("engine", orOlder: "path") ?? standard
        guard VaultPath(engine) != nil else { throw .invalid("vault keystore", "an engine's path has '..' in it") }
        return engine
    }

    // MARK: Login

    private static func login(
        _ store: ConfigurationSection, _ tls: VaultConfiguration.TLS
    ) throws(ConfigurationError) -> VaultConfiguration.Login {
        let appRole = try store.section("approle")
        let kubernetes = try store.section("kubernetes")
        let certificate = try store.section("certificate")
        let token = try store.secret("token")
        guard [appRole != nil, kubernetes != nil, certificate != nil, token != nil].count(where: \.self) <= 1 else {
            throw .invalid("vault keystore", "more than one authentication method specified")
        }
        if let appRole { return try login(appRole: appRole) }
        if let kubernetes { return try login(kubernetes: kubernetes) }
        if let certificate {
            guard tls.certificate != nil else { throw .invalid("vault keystore", "no client certificate specified") }
            return .certificate(
                engine: try engine(certificate, or: "cert"), namespace: try certificate.string("namespace"),
                role: try certificate.string("role"))
        }
        if let token { return .token(token) }
        throw .invalid("vault keystore", "no authentication method specified")
    }

    private static func login(
        appRole section: ConfigurationSection
    ) throws(ConfigurationError) -> VaultConfiguration.Login {
        section.ignore("retry")
        let id = try section.required("id", "approle ID", of: "vault")
        let secret: VaultConfiguration.Credential
        switch (try section.secret("secret"), try section.string("secret_file")) {
        case (.some, .some): throw .invalid("vault keystore", "both 'secret' and 'secret_file' specified")
        case (nil, nil): throw .invalid("vault keystore", "no approle secret specified")
        case (.some(let text), nil): secret = .text(text)
        case (nil, .some(let path)): secret = .file(path)
        }
        return .appRole(
            engine: try engine(section, or: "approle"), namespace: try section.string("namespace"), id: id,
            secret: secret, form: try section.boolean("wrapped") ?? false ? .wrappingToken : .secretID)
    }

    private static func login(
        kubernetes section: ConfigurationSection
    ) throws(ConfigurationError) -> VaultConfiguration.Login {
        section.ignore("retry")
        guard let token = try section.string("jwt") else {
            throw .invalid("vault keystore", "no kubernetes JWT specified")
        }
        return .kubernetes(
            engine: try engine(section, or: "kubernetes"), namespace: try section.string("namespace"),
            role: try section.string("role"), token: token.contains("/") ? .file(token) : .text(SecretText(token)))
    }

    // MARK: TLS

    /// The key and the certificate go together.
    private static func tls(_ store: ConfigurationSection) throws(ConfigurationError) -> VaultConfiguration.TLS {
        guard let section = try store.section("tls") else { return .init() }
        let tls = VaultConfiguration.TLS(
            key: try section.string("key"), certificate: try section.string("cert"),
            authorities: try section.string("ca"))
        if tls.key == nil, tls.certificate != nil { throw .invalid("vault keystore", "no private key specified") }
        if tls.key != nil, tls.certificate == nil { throw .invalid("vault keystore", "no certificate specified") }
        return tls
    }
}
