import KeyStores

extension KeyStoreParsing {
    static func pkcs11(_ store: ConfigurationSection) throws(ConfigurationError) -> PKCS11Configuration {
        .init(path: try store.required("path", "path", of: "pkcs11"))
    }
}
