import KESProtocol

extension KESConfiguration.TLS {
    init(_ section: ConfigurationSection?, admin: String) throws(ConfigurationError) {
        guard let key = try section?.string("key") else { throw .invalid("tls config", "no private key") }
        guard let certificate = try section?.string("cert") else { throw .invalid("tls config", "no certificate") }
        self.init(key: key, certificate: certificate)
        password = try section?.secret("password")
        if let auth = try section?.text("auth") {
            switch auth.value.lowercased() {
            case "on": isVerifying = true
            case "off": isVerifying = false
            default: throw .invalid("tls config", "invalid auth '\(auth.shown)'")
            }
        }
        authorities = try section?.string("ca")
        guard let proxy = try section?.section("proxy") else { return }
        for text in try proxy.list("identities") where !text.value.isEmpty {
            guard let identity = Identity(text.value) else { throw .identity(text.shown) }
            guard identity.text != admin else {
                throw .invalid("tls proxy", "identity '\(text.shown)' is already admin")
            }
            if !proxies.contains(identity) { proxies.append(identity) }
        }
        if let header = try proxy.section("header")?.string("cert") { proxyHeader = header }
    }
}

extension KESConfiguration.Cache {
    init(_ section: ConfigurationSection?) throws(ConfigurationError) {
        self.init()
        guard let section else { return }
        if let value = try section.duration(try section.current("any", orOlder: "all")) {
            any = try Self.positive(value, "cache expiry") ?? any
        }
        if let value = try section.duration("unused") {
            unused = try Self.positive(value, "cache unused expiry") ?? unused
        }
        if let value = try section.duration("offline") {
            offline = try Self.positive(value, "offline cache expiry") ?? .zero
        }
    }

    /// Zero is as good as no value; it does not mean that keys are not kept.

    private static func positive(_ value: Duration, _ name: String) throws(ConfigurationError) -> Duration? {
        guard value >= .zero else { throw ConfigurationError("kesconf: invalid \(name) '\(GoDuration.format(value))'") }
        return value == .zero ? nil : value
    }
}

extension KESConfiguration.API {
    /// The variable that lets the configuration open every call to everybody, as KES did.
    static let openAnyVariable = "KES_INSECURE_SKIP_AUTH_ANY"

    static func parse(_ section: ConfigurationSection?) throws(ConfigurationError) -> [KESRoute: Self] {
        guard let section else { return [:] }
        var apis: [KESRoute: Self] = [:]
        for (path, line, node) in section.all() {
            let api = try Self(try section.child(node, path), path: path)
            guard let route = RouteTable.route(path) else {
                section.reader.warn(line: line, "there is no API '\(path)'; its settings are ignored")
                continue
            }
            if api.skipsAuthentication, !route.mayBeOpened,
                section.reader.environment[openAnyVariable]?.lowercased() != "on"
            {
                throw .invalid(
                    "api config",
                    "'\(path)' in line \(line): skip_auth would let everybody use it; only /version, /v1/ready, "
                        + "/v1/status, /v1/metrics and /v1/api may have it (\(openAnyVariable)=on allows it)")
            }
            apis[route.name] = api
        }
        return apis
    }

    private init(_ section: ConfigurationSection, path: String) throws(ConfigurationError) {
        self.init(skipsAuthentication: try section.boolean("skip_auth") ?? false)
        guard let value = try section.duration("timeout"), value != .zero else { return }
        guard value > .zero else {
            throw .invalid("api config", "invalid timeout '\(GoDuration.format(value))' for '\(path)'")
        }
        timeout = value
    }
}

extension KESConfiguration.Log {
    init(_ section: ConfigurationSection?) throws(ConfigurationError) {
        self.init()
        guard let section else { return }
        error = try Self.level(section, "error")
        audit = try Self.level(section, "audit")
    }

    private static func level(
        _ section: ConfigurationSection, _ key: String
    ) throws(ConfigurationError) -> KESLogLevel {
        guard let text = try section.text(key) else { return .info }
        guard let level = KESLogLevel(text.value) else {
            throw .invalid("log config", "invalid \(key) log level '\(text.shown)'")
        }
        return level
    }
}
