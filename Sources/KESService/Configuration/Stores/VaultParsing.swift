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
                engine: try section.string("engine") ?? "transit",
                key: try section.required("key", "transit key", of: "vault"))
        }
        let interval = try store.section("status")?.duration("ping") ?? .seconds(15)
        guard interval > .zero else { throw .invalid("vault keystore", "status.ping has to be more than nothing") }
        return VaultConfiguration(
            endpoint: endpoint, engine: try store.string("engine") ?? "kv", version: version,
            namespace: try store.string("namespace"), prefix: try store.string("prefix", orOlder: "name"),
            transit: transit, login: try login(store), tls: try tls(store), statusInterval: interval)
    }

    private static func login(_ store: ConfigurationSection) throws(ConfigurationError) -> VaultConfiguration.Login {
        let appRole = try store.section("approle")
        let kubernetes = try store.section("kubernetes")
        appRole?.ignore("retry")
        kubernetes?.ignore("retry")
        switch (appRole, kubernetes) {
        case (.some, .some): throw .invalid("vault keystore", "more than one authentication method specified")
        case (nil, nil): throw .invalid("vault keystore", "no authentication method specified")
        case (.some(let section), nil):
            let id = try section.required("id", "approle ID", of: "vault")
            guard let secret = try section.secret("secret") else {
                throw .invalid("vault keystore", "no approle secret specified")
            }
            return .appRole(
                engine: try section.string("engine") ?? "approle", namespace: try section.string("namespace"), id: id,
                secret: secret)
        case (nil, .some(let section)):
            guard let token = try section.string("jwt") else {
                throw .invalid("vault keystore", "no kubernetes JWT specified")
            }
            return .kubernetes(
                engine: try section.string("engine") ?? "kubernetes", namespace: try section.string("namespace"),
                role: try section.string("role"),
                token: token.contains("/") ? .file(token) : .text(SecretText(token)))
        }
    }

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
