import KeyStores

extension KeyStoreParsing {
    /// Plain, or with `seal` sealed.
    static func fs(_ store: ConfigurationSection) throws(ConfigurationError) -> KeyStoreConfiguration {
        let path = try store.required("path", "path", of: "fs")
        guard let seal = try store.section("seal") else { return .fs(.init(path: path)) }
        let passphrase: SecretSource
        switch (try seal.secretSource("passphrase", of: "fs"), try seal.string("credential")) {
        case (.some, .some): throw .invalid("fs keystore", "seal has both a passphrase and a credential")
        case (nil, nil): throw .invalid("fs keystore", "seal has neither a passphrase nor a credential")
        case (.some(let source), nil): passphrase = source
        case (nil, .some(let name)): passphrase = try credential(name, seal.reader.environment)
        }
        return .sealed(
            .init(path: path, passphrase: passphrase, acceptsPlain: try seal.boolean("accept_plain") ?? false))
    }

    /// The file of a credential that systemd gave to the service.
    private static func credential(
        _ name: String, _ environment: [String: String]
    ) throws(ConfigurationError) -> SecretSource {
        guard let directory = environment["CREDENTIALS_DIRECTORY"], !directory.isEmpty else {
            throw .invalid(
                "fs keystore",
                "there is no credential '\(name)': systemd sets CREDENTIALS_DIRECTORY for services with "
                    + "LoadCredential= or LoadCredentialEncrypted=")
        }
        guard !name.contains("/"), name != ".." else {
            throw .invalid("fs keystore", "'\(name)' is not the name of a credential")
        }
        return .file("\(directory)/\(name)")
    }
}

extension ConfigurationSection {
    /// A secret that is either given, or in a file: `pin: ${PIN}` or `pin: {file: /etc/pin}`.
    func secretSource(_ key: String, of store: String) throws(ConfigurationError) -> SecretSource? {
        guard let node = node(key) else { return nil }
        guard case .mapping = node.content else { return try secret(key).map(SecretSource.text) }
        let section = try child(node, key)
        guard let path = try section.string("file") else {
            throw .invalid("\(store) keystore", "no file specified for \(key)")
        }
        return .file(path)
    }
}
