import KESService
import KeyStores
import Testing

/// Files that were written for KES of other years.
@Suite struct ConfigurationOlderFilesTests {
    typealias Fixture = ConfigurationFixture

    @Test func `root is the admin's identity`() throws {
        let configuration = try Fixture.parse(
            "root: ${ROOT}\n" + Fixture.tlsLines + Fixture.storeLines, environment: ["ROOT": "r"])
        #expect(configuration.admin == "r")
        #expect(configuration.warnings == ["line 1: 'root' is an older name; write 'admin: {identity: …}'"])
    }

    @Test func `admin wins over root`() throws {
        let configuration = try Fixture.with("root: r\n")
        #expect(configuration.admin == Fixture.admin)
        #expect(configuration.warnings == ["line 9: 'root' is ignored: 'admin.identity' is given as well"])
    }

    @Test func `paths are what a policy allows`() throws {
        let configuration = try Fixture.with("policy:\n  p:\n    paths: [/v1/key/create/*]\n    identities: [x]\n")
        #expect(configuration.policies[0].allow == ["/v1/key/create/*"])
        #expect(
            configuration.warnings == ["line 11: 'policy.p.paths' is an older name; write 'policy.p.allow'"])
    }

    @Test func `keys as a mapping is the key store`() throws {
        let text = Fixture.adminLines + Fixture.tlsLines + "keys:\n  fs:\n    path: old\n"
        let configuration = try Fixture.parse(text)
        guard case .fs(FileKeyStoreConfiguration(path: "old")) = configuration.keyStore else {
            Issue.record("\(configuration.keyStore)")
            return
        }
        #expect(configuration.keys.isEmpty)
        #expect(
            configuration.warnings == ["line 6: 'keys' is an older name for this section; write 'keystore'"])
        #expect(
            Fixture.refusal { try Fixture.parse(text + Fixture.storeLines) }
                == "kesconf: invalid keystore config: 'keys' in line 7 is the older name of 'keystore'; give one")
    }

    @Test func `expiry of all is expiry of any`() throws {
        let configuration = try Fixture.with("cache:\n  expiry:\n    all: 10m\n")
        #expect(configuration.cache.any == .seconds(600))
        #expect(configuration.warnings == ["line 11: 'cache.expiry.all' is an older name; write 'cache.expiry.any'"])
    }

    @Test func `vault has an address and a name`() throws {
        let configuration = try Fixture.withStore(
            "  vault:\n    address: a\n    name: n\n    approle: {id: i, secret: s, retry: 15s}\n")
        guard case .vault(let vault) = configuration.keyStore else {
            Issue.record("\(configuration.keyStore)")
            return
        }
        #expect(vault.endpoint == "a" && vault.prefix == "n")
        #expect(
            configuration.warnings == [
                "line 8: 'keystore.vault.address' is an older name; write 'keystore.vault.endpoint'",
                "line 9: 'keystore.vault.name' is an older name; write 'keystore.vault.prefix'",
                "line 10: 'keystore.vault.approle.retry' has no effect any more",
            ])
        #expect(
            Fixture.refusal { try Fixture.withStore("  vault: {address: a, endpoint: b}\n") }
                == "yaml: line 7: 'keystore.vault.address' is the older name of 'keystore.vault.endpoint'; give one of them"
        )
    }

    @Test func `secrets_manager is secretsmanager`() throws {
        let configuration = try Fixture.withStore(
            """
              aws:
                secrets_manager:
                  address: e
                  region: r
                  kms_key_id: k
                  credentials: {access_key: a, secret_key: s, session_token: t}
            """)
        guard case .aws(let aws) = configuration.keyStore else {
            Issue.record("\(configuration.keyStore)")
            return
        }
        #expect(aws.endpoint == "e" && aws.region == "r" && aws.kmsKey == "k" && aws.credentials?.accessKey == "a")
        #expect(aws.credentials?.sessionToken?.bytes == Array("t".utf8))
        #expect(configuration.warnings.count == 6)
    }

    @Test(arguments: ["kes", "generic"])
    func `stores that are gone are named`(name: String) {
        #expect(
            Fixture.refusal { try Fixture.withStore("  \(name): {endpoint: e}\n") }
                == "kesconf: no keystore specified: 'keystore.\(name)' is no longer supported, "
                + "use one of fs, vault, fortanix, gemalto, aws, azure, gcp, entrust, kms, pkcs11")
    }

    @Test(arguments: [
        "address = \"0.0.0.0:7373\"\nroot = \"abc\"\n\n[tls]\nkey = \"k\"\n",
        "[tls]\n",
        "root = \"abc\"\n",
        "# comment\n\n[ policy.my-app ] # which\npaths = [\"/v1/key/create/*\"]\n",
    ])
    func `TOML is recognised and told how to become YAML`(text: String) {
        let refusal = Fixture.refusal { try Fixture.parse(text) }
        #expect(refusal.hasPrefix("the configuration is TOML"), "\(refusal)")
        #expect(refusal.contains("keystore: {vault: {endpoint: …, prefix: …}}"))
    }

    @Test func `YAML is not taken for TOML`() {
        #expect(Fixture.refusal { try Fixture.parse("a: [\nb: c\n") }.hasPrefix("yaml: line"))
        #expect(Fixture.refusal { try Fixture.parse("- a\n- b\n") }.hasPrefix("yaml: line 1:"))
    }
}
