import KeyStores

/// Reads the section `keystore`: one parser a store, and which of them the file uses.
enum KeyStoreParsing {
    private typealias Parser = (ConfigurationSection) throws(ConfigurationError) -> KeyStoreConfiguration

    static let names = ["fs", "vault", "fortanix", "gemalto", "aws", "azure", "gcp", "entrust", "kms", "pkcs11"]

    /// Where older guides have what belongs under `aws`.
    private static let flatSecretsManager = "secretsmanager"

    static func parse(_ section: ConfigurationSection?) throws(ConfigurationError) -> KeyStoreConfiguration {
        guard let section else { throw ConfigurationError("kesconf: no keystore specified") }
        var found: [(name: String, section: ConfigurationSection)] = []
        for name in names + [flatSecretsManager] {
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
        case "fs": return try fs(store)
        case "vault": return .vault(try vault(store))
        case "fortanix": return .fortanix(try fortanix(try store.product("sdkms")))
        case "gemalto": return .gemalto(try gemalto(try store.product("keysecure")))
        case "aws": return .aws(try aws(store))
        case "azure": return .azure(try azure(try store.product("keyvault")))
        case "gcp": return .gcp(try gcp(try store.product("secretmanager")))
        case "kms": return try kms(store)
        case flatSecretsManager:
            section.reader.warn(
                line: section[line: name] ?? section.line,
                "'\(section.full(name))' is an older name; write '\(section.full("aws.secretsmanager"))'")
            return .aws(try secretsManager(store))
        case "pkcs11": return .pkcs11(try pkcs11(store))
        default: return .entrust(try entrust(try store.product("keycontrol")))
        }
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
    func product(
        _ key: String, orOlder old: String? = nil
    ) throws(ConfigurationError) -> ConfigurationSection {
        if let product = try section(try current(key, orOlder: old)) { return product }
        throw .invalid("\(path.split(separator: ".").last ?? "") keystore", "no \(key) specified")
    }
}
