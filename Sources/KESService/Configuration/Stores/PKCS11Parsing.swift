import KeyStores

extension KeyStoreParsing {
    static func pkcs11(_ store: ConfigurationSection) throws(ConfigurationError) -> PKCS11Configuration {
        let path = try store.required("path", "path", of: "pkcs11")
        let module = try store.required("module", "module", of: "pkcs11")
        let token: PKCS11Configuration.Token
        switch (try store.string("token"), try store.text("slot")) {
        case (.some, .some): throw .invalid("pkcs11 keystore", "more than one of token and slot specified")
        case (nil, nil): throw .invalid("pkcs11 keystore", "no token specified")
        case (.some(let label), nil): token = .label(label)
        case (nil, .some(let text)):
            let digits = text.value.lowercased()
            let number = digits.hasPrefix("0x") ? UInt(digits.dropFirst(2), radix: 16) : UInt(digits)
            guard let number else { throw .invalid("pkcs11 keystore", "invalid slot '\(text.shown)'") }
            token = .slot(number)
        }
        guard let pin = try store.secretSource("pin", of: "pkcs11") else {
            throw .invalid("pkcs11 keystore", "no PIN specified")
        }
        return PKCS11Configuration(
            path: path, module: module, token: token, pin: pin,
            key: try store.required("key", "key", of: "pkcs11"))
    }
}
