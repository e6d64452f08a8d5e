import KESService
import KeyStores
import Testing

/// The section `keystore`: sealed files, and files under a key of a PKCS#11 token.
@Suite struct ConfigurationLocalStoreTests {
    typealias Fixture = ConfigurationFixture

    @Test(arguments: [
        (
            "  fs: {path: a, seal: {accept_plain: true}}\n",
            "kesconf: invalid fs keystore: seal has neither a passphrase nor a credential"
        ),
        (
            "  fs: {path: a, seal: {passphrase: p, credential: c}}\n",
            "kesconf: invalid fs keystore: seal has both a passphrase and a credential"
        ),
        (
            "  fs: {path: a, seal: {passphrase: {}}}\n",
            "kesconf: invalid fs keystore: no file specified for passphrase"
        ),
        (
            "  fs: {path: a, seal: {credential: ../c}}\n",
            "kesconf: invalid fs keystore: '../c' is not the name of a credential"
        ),
        ("  pkcs11: {}\n", "kesconf: invalid pkcs11 keystore: no path specified"),
        ("  pkcs11: {module: m}\n", "kesconf: invalid pkcs11 keystore: no path specified"),
        ("  pkcs11: {path: a}\n", "kesconf: invalid pkcs11 keystore: no module specified"),
        ("  pkcs11: {path: a, module: m}\n", "kesconf: invalid pkcs11 keystore: no token specified"),
        (
            "  pkcs11: {path: a, module: m, token: t, slot: 0}\n",
            "kesconf: invalid pkcs11 keystore: more than one of token and slot specified"
        ),
        ("  pkcs11: {path: a, module: m, slot: x}\n", "kesconf: invalid pkcs11 keystore: invalid slot 'x'"),
        ("  pkcs11: {path: a, module: m, token: t}\n", "kesconf: invalid pkcs11 keystore: no PIN specified"),
        (
            "  pkcs11: {path: a, module: m, token: t, pin: {f: x}}\n",
            "kesconf: invalid pkcs11 keystore: no file specified for pin"
        ),
        ("  pkcs11: {path: a, module: m, token: t, pin: p}\n", "kesconf: invalid pkcs11 keystore: no key specified"),
    ])
    func `what a store lacks is said`(lines: String, message: String) {
        let environment = ["CREDENTIALS_DIRECTORY": "/run/credentials/kes"]
        #expect(Fixture.refusal { try Fixture.withStore(lines, environment: environment) } == message)
    }

    @Test func `a passphrase is in a file, in the environment, or systemd's credential`() throws {
        let file = try Fixture.withStore("  fs: {path: a, seal: {passphrase: {file: /etc/p}}}\n")
        guard case .sealed(let first) = file.keyStore, case .file("/etc/p") = first.passphrase else {
            throw Unexpected()
        }
        #expect(first.path == "a" && !first.acceptsPlain && file.warnings == [])

        let variable = try Fixture.withStore(
            "  fs: {path: a, seal: {passphrase: '${P}', accept_plain: true}}\n", environment: ["P": "secret"])
        guard case .sealed(let second) = variable.keyStore, case .text(let text) = second.passphrase else {
            throw Unexpected()
        }
        #expect(text.bytes == Array("secret".utf8) && second.acceptsPlain)

        let credential = try Fixture.withStore(
            "  fs: {path: a, seal: {credential: c}}\n", environment: ["CREDENTIALS_DIRECTORY": "/run/credentials/kes"])
        guard case .sealed(let third) = credential.keyStore, case .file("/run/credentials/kes/c") = third.passphrase
        else { throw Unexpected() }
        #expect(
            Fixture.refusal { try Fixture.withStore("  fs: {path: a, seal: {credential: c}}\n") }.contains(
                "CREDENTIALS_DIRECTORY"))
    }

    @Test(arguments: [
        ("token: HSM 1", PKCS11Configuration.Token.label("HSM 1")), ("slot: 3", .slot(3)), ("slot: 0x1f", .slot(31)),
    ])
    func `a token is named by its label or by its slot`(_ line: String, _ token: PKCS11Configuration.Token) throws {
        let configuration = try Fixture.withStore(
            "  pkcs11: {path: a, module: /lib/m.so, \(line), pin: {file: /etc/pin}, key: k}\n")
        guard case .pkcs11(let store) = configuration.keyStore, case .file("/etc/pin") = store.pin else {
            throw Unexpected()
        }
        #expect(store.token == token)
        #expect(store.path == "a" && store.module == "/lib/m.so" && store.key == "k" && configuration.warnings == [])
    }

    private struct Unexpected: Error {}
}
