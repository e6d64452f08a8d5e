import KeyStores

extension KeyStoreParsing {
    /// Keys in files, wrapped by a key management service: `aws` or `azure`.
    static func kms(_ store: ConfigurationSection) throws(ConfigurationError) -> KeyStoreConfiguration {
        let path = try store.required("path", "path", of: "kms")
        switch (try store.section("aws"), try store.section("azure")) {
        case (.some, .some): throw .invalid("kms keystore", "more than one key management service specified")
        case (.some(let aws), nil): return .awsKMS(try awsKMS(aws, path: path))
        case (nil, .some(let azure)): return .azureKeys(try azureKeys(azure, path: path))
        case (nil, nil): throw .invalid("kms keystore", "no key management service specified")
        }
    }
}
