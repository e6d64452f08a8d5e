import Cryptography
import Glibc
import KESProtocol
import KeyStores

extension KESConfiguration {
    /// Reads a file of at most 1 MiB; see ``parse(_:environment:defaultAdmin:)``.
    package static func read(
        _ path: String, environment: [String: String], defaultAdmin: String? = nil
    ) throws(ConfigurationError) -> KESConfiguration {
        guard let file = fopen(path, "re") else {
            throw ConfigurationError("open \(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: YAMLNode.maximumByteCount + 1)
        defer { wipe(&bytes) }
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0 else {
            throw ConfigurationError("read \(path): \(String(cString: strerror(errno)))")
        }
        guard count <= YAMLNode.maximumByteCount else {
            throw ConfigurationError("read \(path): a configuration has at most \(YAMLNode.maximumByteCount) bytes")
        }
        guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
            throw ConfigurationError("read \(path): not UTF-8")
        }
        return try parse(text, environment: environment, defaultAdmin: defaultAdmin)
    }

    /// Parses a configuration and checks all of it that can be checked without looking elsewhere.
    ///
    /// Every form that KES has had since 2019 is either understood, with a warning, or refused with what to write
    /// instead.
    ///
    /// - Parameter defaultAdmin: The admin when the file names none.
    package static func parse(
        _ text: String, environment: [String: String], defaultAdmin: String? = nil
    ) throws(ConfigurationError) -> KESConfiguration {
        if let refusal = LostIndentation.refusal(of: text) { throw refusal }
        let root: YAMLNode
        do throws(ConfigurationError) {
            root = try YAMLNode.firstDocument(of: text) ?? YAMLNode(content: .mapping([]), line: 1)
        } catch {
            if TOMLFile.isLikely(text) { throw TOMLFile.refusal }
            throw error
        }
        if !root.isNull {
            guard case .mapping = root.content else {
                throw TOMLFile.isLikely(text)
                    ? TOMLFile.refusal : .yaml(line: root.line, "cannot unmarshal \(root.tag) into a configuration")
            }
        }
        let reader = ConfigurationReader(environment: environment)
        return try KESConfiguration(
            try ConfigurationSection(root, path: "", reader: reader), defaultAdmin: defaultAdmin)
    }

    private init(_ root: ConfigurationSection, defaultAdmin: String?) throws(ConfigurationError) {
        try Self.checkVersion(root)
        let address = try Self.address(root, "address")
        let admin = try Self.admin(root, default: defaultAdmin)
        let tls = try TLS(try root.section("tls"), admin: admin)
        var policyParsing = PolicyParsing(admin: admin, proxies: tls.proxies)
        let policies = try policyParsing.parse(try root.section("policy"))
        let cache = try Cache(try root.section("cache")?.section("expiry"))
        let api = try API.parse(try root.section("api"))
        let log = try Log(try root.section("log"))
        let (keys, keyStore) = try Self.keysAndStore(root)
        self.init(admin: admin, tls: tls, keyStore: keyStore)
        self.address = address
        self.policies = policies
        self.cache = cache
        self.api = api
        self.log = log
        self.keys = keys
        if let health = try root.section("health") {
            healthAddress = try Self.address(health, "address")
            if healthAddress == nil { throw .invalid("health config", "no address specified") }
        }
        root.finish()
        warnings = root.reader.sortedWarnings
    }

    private static func checkVersion(_ root: ConfigurationSection) throws(ConfigurationError) {
        guard let node = root.node("version") else { return }
        guard case .scalar = node.content else {
            throw ConfigurationError("kesconf: invalid config version at line '\(node.line)'")
        }
        let version = try root.reader.text(node)
        guard version.value.isEmpty || version.value == "v1" else {
            throw ConfigurationError("edge: invalid server config version '\(version.shown)'")
        }
    }

    /// `host:port`; what the host is shows when it is bound.
    private static func address(
        _ section: ConfigurationSection, _ key: String
    ) throws(ConfigurationError) -> String? {
        guard let text = try section.text(key) else { return nil }
        guard let colon = text.value.lastIndex(of: ":"), UInt16(text.value[text.value.index(after: colon)...]) != nil
        else { throw .yaml(line: text.line, "'\(section.full(key))' is not HOST:PORT: '\(text.shown)'") }
        return text.value
    }

    private static func admin(
        _ root: ConfigurationSection, default defaultAdmin: String?
    ) throws(ConfigurationError) -> String {
        let section = try root.section("admin")
        var text = try section?.text("identity")
        if let line = root[line: "root"] {
            let old = try root.text("root")
            if text == nil {
                text = old
                root.reader.warn(line: line, "'root' is an older name; write 'admin: {identity: …}'")
            } else {
                root.reader.warn(line: line, "'root' is ignored: 'admin.identity' is given as well")
            }
        }
        guard let admin = text?.value ?? defaultAdmin, !admin.isEmpty else {
            throw .invalid("admin identity", "no admin identity")
        }
        return admin
    }

    /// `keys` was the name of `keystore` until v0.13; then it is a mapping.
    private static func keysAndStore(
        _ root: ConfigurationSection
    ) throws(ConfigurationError) -> ([KeyName], KeyStoreConfiguration) {
        var store = try root.section("keystore")
        guard let node = root.node("keys") else { return ([], try KeyStoreParsing.parse(store)) }
        if case .mapping = node.content {
            guard store == nil else {
                throw .invalid(
                    "keystore config", "'keys' in line \(node.line) is the older name of 'keystore'; give one")
            }
            root.reader.warn(
                line: root[line: "keys"] ?? node.line, "'keys' is an older name for this section; write 'keystore'")
            store = try root.child(node, "keys")
            return ([], try KeyStoreParsing.parse(store))
        }
        guard case .sequence(let items) = node.content else {
            throw .yaml(line: node.line, "cannot unmarshal \(node.tag) into a list of keys")
        }
        var names: [KeyName] = []
        for (index, item) in items.enumerated() {
            let text = try root.child(item, "keys[\(index)]").text("name")
            guard let name = KeyName(text?.value ?? "") else {
                throw .invalid(
                    "key config",
                    "key name '\(text?.shown ?? "")' is empty, too long or contains invalid characters")
            }
            guard !names.contains(name) else {
                throw .invalid("key config", "key '\(text?.shown ?? "")' is defined multiple times")
            }
            names.append(name)
        }
        return (names, try KeyStoreParsing.parse(store))
    }
}

extension ConfigurationError {
    static func identity(_ shown: String) -> ConfigurationError {
        ConfigurationError("kes: identity '\(shown)' is empty, too long or contains invalid characters")
    }
}
