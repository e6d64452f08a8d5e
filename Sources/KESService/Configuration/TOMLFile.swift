/// The form of configuration that KES had until March 2020.
enum TOMLFile {
    /// Whether the text has a line that only TOML has: a table's header, or `key = value`.
    static func isLikely(_ text: String) -> Bool {
        text.split(whereSeparator: \.isNewline).contains { line in
            let line = line.trimmed
            if line.hasPrefix("[") {
                let header = line.prefix { $0 != "#" }.trimmed
                return header.hasSuffix("]") && !header.contains(",") && !header.contains(":")
            }
            guard let sign = line.firstIndex(of: "=") else { return false }
            let key = line[..<sign].trimmed
            return !key.isEmpty && key.utf8.allSatisfy { isKeyCharacter($0) }
        }
    }

    private static func isKeyCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    static let refusal = ConfigurationError(
        """
        the configuration is TOML, which was given up in 2020; write it as YAML:
          TOML                                            YAML
          address = "…"                                   address: …
          root = "…"                                      admin: {identity: …}
          [tls] key, cert                                 tls: {key: …, cert: …}
          [tls.proxy] identities                          tls: {proxy: {identities: […]}}
          [tls.proxy.header] cert                         tls: {proxy: {header: {cert: …}}}
          [cache.expiry] all, unused                      cache: {expiry: {any: …, unused: …}}
          [policy.NAME] paths, identities                 policy: {NAME: {allow: […], identities: […]}}
          [log] error, audit                              log: {error: on, audit: on}
          [keystore.fs] path                              keystore: {fs: {path: …}}
          [keystore.vault] address, name                  keystore: {vault: {endpoint: …, prefix: …}}
          [keystore.vault.approle] id, secret             keystore: {vault: {approle: {id: …, secret: …}}}
          [keystore.aws.secrets_manager] address,         keystore: {aws: {secretsmanager: {endpoint: …,
            region, kms_key_id                              region: …, kmskey: …}}}
          [keystore.aws.secrets_manager.credentials]      credentials: {accesskey: …, secretkey: …,
            access_key, secret_key, session_token           token: …}
        """)
}
