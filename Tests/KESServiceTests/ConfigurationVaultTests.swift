import KESService
import KeyStores
import Testing

/// The section `keystore.vault`: ways to log in besides those of KES, older spellings, paths.
@Suite struct ConfigurationVaultTests {
    typealias Fixture = ConfigurationFixture

    private func vault(
        _ fields: String, environment: [String: String] = [:]
    ) throws -> (VaultConfiguration, warnings: [String]) {
        let configuration = try Fixture.withStore("  vault: {endpoint: e, \(fields)}\n", environment: environment)
        guard case .vault(let vault) = configuration.keyStore else { throw Unexpected() }
        return (vault, configuration.warnings)
    }

    private struct Unexpected: Error {}

    @Test func `the secret of an AppRole can be in a file, or wrapped`() throws {
        guard
            case .appRole(_, _, id: "i", .file("/run/secret"), .secretID) =
                try vault("approle: {id: i, secret_file: /run/secret}").0.login
        else { throw Unexpected() }
        guard
            case .appRole(_, namespace: "ns", id: "i", .text(let token), .wrappingToken) =
                try vault("approle: {id: i, secret: w, wrapped: true, namespace: ns}").0.login
        else { throw Unexpected() }
        #expect(token.bytes == Array("w".utf8))
    }

    @Test func `a client certificate logs in`() throws {
        guard
            case .certificate(engine: "cert", namespace: nil, role: "r") =
                try vault("certificate: {role: r}, tls: {key: k, cert: c}").0.login
        else { throw Unexpected() }
    }

    @Test func `a token comes from the environment when the file says so`() throws {
        guard case .token(let token) = try vault("token: '${VAULT_TOKEN}'", environment: ["VAULT_TOKEN": "t"]).0.login
        else { throw Unexpected() }
        #expect(token.bytes == Array("t".utf8))
    }

    @Test func `older spellings are read with a warning`() throws {
        let lines = """
              vault:
                address: https://v
                path: secrets
                name: minio
                approle: {path: role, id: i, secret: s, retry: 15s}
                transit: {path: t, key: k}
            """
        let configuration = try Fixture.withStore(lines + "\n")
        guard case .vault(let vault) = configuration.keyStore,
            case .appRole(engine: "role", _, id: "i", _, _) = vault.login
        else { throw Unexpected() }
        #expect(vault.endpoint == "https://v" && vault.engine == "secrets" && vault.prefix == "minio")
        #expect(vault.transit == .init(engine: "t", key: "k"))
        #expect(configuration.warnings.count == 6)
    }

    @Test(arguments: [
        ("prefix: ../x, approle: {id: i, secret: s}", "the prefix leads out of the engine: it has '..' in it"),
        ("prefix: a/../../x, approle: {id: i, secret: s}", "the prefix leads out of the engine: it has '..' in it"),
        ("engine: ../sys, approle: {id: i, secret: s}", "an engine's path has '..' in it"),
        ("approle: {engine: a/.., id: i, secret: s}", "an engine's path has '..' in it"),
        ("approle: {id: i, secret: s, secret_file: f}", "both 'secret' and 'secret_file' specified"),
        ("certificate: {}", "no client certificate specified"),
        ("token: t, kubernetes: {jwt: j}", "more than one authentication method specified"),
    ])
    func `what cannot be is said`(fields: String, message: String) {
        #expect(
            Fixture.refusal { try Fixture.withStore("  vault: {endpoint: e, \(fields)}\n") }
                == "kesconf: invalid vault keystore: \(message)")
    }
}
