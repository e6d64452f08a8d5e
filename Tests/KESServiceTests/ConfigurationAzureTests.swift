import KESService
import KeyStores
import Testing

/// The sections of Azure: its secrets below `azure`, its keys below `kms`.
@Suite struct ConfigurationAzureTests {
    typealias Fixture = ConfigurationFixture

    private struct Unexpected: Error {}

    private func azure(_ lines: String) throws -> AzureConfiguration {
        guard case .azure(let azure) = try Fixture.withStore("  azure: {keyvault: {endpoint: e\(lines)}}\n").keyStore
        else { throw Unexpected() }
        return azure
    }

    @Test func `a client signs in with a secret or a certificate`() throws {
        let secret = try azure(", credentials: {tenant_id: t, client_id: c, client_secret: s}")
        guard case .client(tenantID: "t", clientID: "c", let text) = secret.credentials else { throw Unexpected() }
        #expect(secret.endpoint == "e" && text.bytes == Array("s".utf8))

        let certificate = try azure(
            ", credentials: {tenant_id: t, client_id: c, client_certificate: /p, client_certificate_password: w}")
        guard case .certificate(tenantID: "t", clientID: "c", path: "/p", let password) = certificate.credentials
        else { throw Unexpected() }
        #expect(password?.bytes == Array("w".utf8))

        guard case .ambient = try azure("").credentials else { throw Unexpected() }
    }

    @Test func `keys of Azure wrap those in files`() throws {
        let plain = try Fixture.withStore("  kms: {path: /k, azure: {endpoint: e, key: n}}\n")
        guard case .azureKeys(let keys) = plain.keyStore, case .ambient = keys.credentials else { throw Unexpected() }
        #expect(keys.path == "/k" && keys.endpoint == "e" && keys.key == "n" && keys.algorithm == .rsaOAEP256)

        let full = try Fixture.withStore(
            "  kms: {path: /k, azure: {endpoint: e, key: n/v, algorithm: A256KW, managed_identity: {client_id: c}}}\n")
        guard case .azureKeys(let hsm) = full.keyStore, case .managedIdentity(clientID: "c") = hsm.credentials
        else { throw Unexpected() }
        #expect(hsm.key == "n/v" && hsm.algorithm == .aes256KeyWrap)
        #expect(full.warnings == [])
    }

    @Test(arguments: [
        (
            "  azure: {keyvault: {endpoint: e, credentials: {tenant_id: t, client_id: c, client_secret: s, "
                + "client_certificate: p}}}\n",
            "kesconf: invalid azure keystore: both a client secret and a client certificate specified"
        ),
        ("  kms: {path: /k, azure: {key: n}}\n", "kesconf: invalid kms keystore: no endpoint specified"),
        ("  kms: {path: /k, azure: {endpoint: e}}\n", "kesconf: invalid kms keystore: no key specified"),
        ("  kms: {azure: {endpoint: e, key: n}}\n", "kesconf: invalid kms keystore: no path specified"),
        (
            "  kms: {path: /k, azure: {endpoint: e, key: n, algorithm: RSA1_5}}\n",
            "kesconf: invalid kms keystore: invalid algorithm 'RSA1_5', use one of RSA-OAEP-256, RSA-OAEP, A128KW, A192KW, "
                + "A256KW"
        ),
    ])
    func `what is missing or wrong is said`(lines: String, message: String) {
        #expect(Fixture.refusal { try Fixture.withStore(lines) } == message)
    }
}
