import KESService
import KeyStores
import Testing

/// The section `keystore`: every store's fields, defaults and errors.
@Suite struct ConfigurationKeyStoreTests {
    typealias Fixture = ConfigurationFixture

    @Test(arguments: [
        ("  fs: {}\n", "kesconf: invalid fs keystore: no path specified"),
        ("  fs:\n", "kesconf: no keystore specified"),
        ("  unknown: {}\n", "kesconf: no keystore specified"),
        (
            "  fs: {path: a}\n  vault: {endpoint: b}\n",
            "kesconf: invalid keystore config: more than once keystore specified"
        ),
        ("  vault: {}\n", "kesconf: invalid vault keystore: no endpoint specified"),
        ("  vault: {endpoint: e}\n", "kesconf: invalid vault keystore: no authentication method specified"),
        (
            "  vault: {endpoint: e, approle: {id: i, secret: s}, kubernetes: {jwt: j}}\n",
            "kesconf: invalid vault keystore: more than one authentication method specified"
        ),
        ("  vault: {endpoint: e, approle: {secret: s}}\n", "kesconf: invalid vault keystore: no approle ID specified"),
        ("  vault: {endpoint: e, approle: {id: i}}\n", "kesconf: invalid vault keystore: no approle secret specified"),
        (
            "  vault: {endpoint: e, kubernetes: {role: r}}\n",
            "kesconf: invalid vault keystore: no kubernetes JWT specified"
        ),
        (
            "  vault: {endpoint: e, version: v3, approle: {id: i, secret: s}}\n",
            "kesconf: invalid vault keystore: invalid engine version 'v3'"
        ),
        (
            "  vault: {endpoint: e, transit: {engine: t}, approle: {id: i, secret: s}}\n",
            "kesconf: invalid vault keystore: no transit key specified"
        ),
        (
            "  vault: {endpoint: e, tls: {cert: c}, approle: {id: i, secret: s}}\n",
            "kesconf: invalid vault keystore: no private key specified"
        ),
        (
            "  vault: {endpoint: e, tls: {key: c}, approle: {id: i, secret: s}}\n",
            "kesconf: invalid vault keystore: no certificate specified"
        ),
        (
            "  vault: {endpoint: e, status: {ping: 0s}, approle: {id: i, secret: s}}\n",
            "kesconf: invalid vault keystore: status.ping has to be more than nothing"
        ),
        ("  fortanix: {}\n", "kesconf: invalid fortanix keystore: no sdkms specified"),
        ("  fortanix: {sdkms: {}}\n", "kesconf: invalid fortanix keystore: no endpoint specified"),
        ("  fortanix: {sdkms: {endpoint: e}}\n", "kesconf: invalid fortanix keystore: no API key specified"),
        ("  gemalto: {keysecure: {}}\n", "kesconf: invalid gemalto keystore: no endpoint specified"),
        ("  gemalto: {keysecure: {endpoint: e}}\n", "kesconf: invalid gemalto keystore: no refresh token specified"),
        ("  aws: {secretsmanager: {region: r}}\n", "kesconf: invalid aws keystore: no endpoint specified"),
        ("  aws: {secretsmanager: {endpoint: e}}\n", "kesconf: invalid aws keystore: no region specified"),
        ("  azure: {keyvault: {}}\n", "kesconf: invalid azure keystore: no endpoint specified"),
        (
            "  azure: {keyvault: {endpoint: e, credentials: {client_id: c, client_secret: s}}}\n",
            "kesconf: invalid azure keystore: no tenant ID specified"
        ),
        (
            "  azure: {keyvault: {endpoint: e, credentials: {tenant_id: t, client_id: c}}}\n",
            "kesconf: invalid azure keystore: no client secret specified"
        ),
        (
            "  azure: {keyvault: {endpoint: e, managed_identity: {x: y}}}\n",
            "kesconf: invalid azure keystore: no client ID specified"
        ),
        (
            "  azure: {keyvault: {endpoint: e, managed_identity: {client_id: c}, credentials: {tenant_id: t}}}\n",
            "kesconf: invalid azure keystore: more than one authentication method specified"
        ),
        ("  gcp: {secretmanager: {}}\n", "kesconf: invalid gcp keystore: no project ID specified"),
        (
            "  gcp: {secretmanager: {project_id: p, credentials: {client_id: i}}}\n",
            "gcp: no client email provided"
        ),
        ("  entrust: {keycontrol: {}}\n", "kesconf: invalid entrust keystore: no endpoint specified"),
        ("  entrust: {keycontrol: {endpoint: e}}\n", "kesconf: invalid entrust keystore: no vault ID specified"),
        (
            "  entrust: {keycontrol: {endpoint: e, vault_id: v}}\n",
            "kesconf: invalid entrust keystore: no box ID specified"
        ),
        (
            "  entrust: {keycontrol: {endpoint: e, vault_id: v, box_id: b}}\n",
            "kesconf: invalid entrust keystore: no credentials specified"
        ),
        (
            "  entrust: {keycontrol: {endpoint: e, vault_id: v, box_id: b, credentials: {username: u}}}\n",
            "kesconf: invalid entrust keystore: no password specified"
        ),
    ])
    func `what a store lacks is said`(lines: String, message: String) {
        #expect(Fixture.refusal { try Fixture.withStore(lines) } == message)
    }

    @Test func `vault has its defaults`() throws {
        let configuration = try Fixture.withStore("  vault: {endpoint: e, approle: {id: i, secret: s}}\n")
        guard case .vault(let vault) = configuration.keyStore,
            case .appRole(engine: "approle", namespace: nil, id: "i", .text(let secret), .secretID) = vault.login
        else {
            Issue.record("\(configuration.keyStore)")
            return
        }
        #expect(secret.bytes == Array("s".utf8))
        #expect(vault.engine == "kv" && vault.version == .v1 && vault.statusInterval == .seconds(15))
        #expect(vault.namespace == nil && vault.prefix == nil && vault.transit == nil)
        #expect(vault.tls == .init())
    }

    @Test func `vault has all its fields`() throws {
        let configuration = try Fixture.withStore(
            """
              vault:
                endpoint: https://127.0.0.1:8200
                engine: secrets
                version: v2
                namespace: ns
                prefix: minio
                transit:
                  key: wrap
                kubernetes:
                  engine: k8s
                  namespace: /
                  role: kes
                  jwt: /var/run/token
                tls: {key: k, cert: c, ca: a}
                status:
                  ping: 10s
            """)
        guard case .vault(let vault) = configuration.keyStore,
            case .kubernetes(engine: "k8s", namespace: "/", role: "kes", token: .file("/var/run/token")) = vault.login
        else {
            Issue.record("\(configuration.keyStore)")
            return
        }
        #expect(vault.engine == "secrets" && vault.version == .v2 && vault.namespace == "ns" && vault.prefix == "minio")
        #expect(vault.transit == .init(engine: "transit", key: "wrap"))
        #expect(vault.tls == .init(key: "k", certificate: "c", authorities: "a"))
        #expect(vault.statusInterval == .seconds(10))
        #expect(configuration.warnings == [])
    }

    @Test func `the other stores have their fields`() throws {
        let fortanix = try Fixture.withStore(
            "  fortanix: {sdkms: {endpoint: e, group_id: g, credentials: {key: k}, tls: {ca: a}}}\n")
        guard case .fortanix(let sdkms) = fortanix.keyStore else { throw Unexpected() }
        #expect(sdkms.endpoint == "e" && sdkms.groupID == "g" && sdkms.authorities == "a")
        #expect(sdkms.apiKey.bytes == Array("k".utf8))

        let gemalto = try Fixture.withStore(
            "  gemalto: {keysecure: {endpoint: e, credentials: {token: t, domain: d, retry: 15s}, tls: {ca: a}}}\n")
        guard case .gemalto(let keySecure) = gemalto.keyStore else { throw Unexpected() }
        #expect(keySecure.domain == "d" && keySecure.token.bytes == Array("t".utf8))
        #expect(gemalto.warnings == ["line 7: 'keystore.gemalto.keysecure.credentials.retry' has no effect any more"])

        let aws = try Fixture.withStore(
            "  aws: {secretsmanager: {endpoint: e, region: r, kmskey: m, credentials: {accesskey: a, secretkey: s}}}\n")
        guard case .aws(let secretsManager) = aws.keyStore else { throw Unexpected() }
        #expect(secretsManager.region == "r" && secretsManager.kmsKey == "m")
        #expect(secretsManager.credentials?.accessKey == "a")
        #expect(secretsManager.credentials?.secretKey?.bytes == Array("s".utf8))

        let ambient = try Fixture.withStore(
            "  aws: {secretsmanager: {endpoint: e, region: r, credentials: {accesskey: '', secretkey: '', token: ''}}}\n"
        )
        guard case .aws(let withoutCredentials) = ambient.keyStore else { throw Unexpected() }
        #expect(withoutCredentials.credentials == nil)

        let azure = try Fixture.withStore("  azure: {keyvault: {endpoint: e, managed_identity: {client_id: c}}}\n")
        guard case .azure(let keyVault) = azure.keyStore, case .managedIdentity(clientID: "c") = keyVault.credentials
        else { throw Unexpected() }

        let entrust = try Fixture.withStore(
            "  entrust: {keycontrol: {endpoint: e, vault_id: v, box_id: b, credentials: {username: u, password: p}}}\n")
        guard case .entrust(let keyControl) = entrust.keyStore else { throw Unexpected() }
        #expect(keyControl.username == "u" && keyControl.password.bytes == Array("p".utf8))
    }

    @Test func `a private key of GCP may have its line ends spelt out`() throws {
        let configuration = try Fixture.withStore(
            """
              gcp:
                secretmanager:
                  project_id: p
                  scopes: [one, two]
                  credentials: {client_email: e, client_id: i, private_key_id: k, private_key: 'A\\nB\\n'}
            """)
        guard case .gcp(let gcp) = configuration.keyStore else { throw Unexpected() }
        #expect(gcp.scopes == ["one", "two"])
        #expect(gcp.credentials?.privateKey.bytes == Array("A\nB\n".utf8))
    }

    private struct Unexpected: Error {}
}
