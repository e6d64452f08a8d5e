import KeyStores

extension KeyStoreParsing {
    static func fs(_ store: ConfigurationSection) throws(ConfigurationError) -> FileKeyStoreConfiguration {
        .init(path: try store.required("path", "path", of: "fs"))
    }
}
