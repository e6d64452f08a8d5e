import KESProtocol
import KESService
import Testing

/// Files whose lines lost what they began with, and variables where there are none.
@Suite struct ConfigurationIndentationTests {
    typealias Fixture = ConfigurationFixture

    @Test func `a section copied without its indentation is told line by line`() {
        let refusal = Fixture.refusal {
            try Fixture.parse(
                Fixture.adminLines + Fixture.tlsLines + """
                    keystore:
                    vault:
                    endpoint: https://vault:8200
                    prefix: my-minio
                    approle:
                    id: my-role
                    secret: never-shown
                    retry: 15s
                    status:
                    ping: 10s
                    """)
        }
        #expect(
            refusal == """
                yaml: line 7: 'vault' belongs under 'keystore', indent it by 2 spaces
                line 8: 'endpoint' belongs under 'keystore.vault', indent it by 4 spaces
                line 9: 'prefix' belongs under 'keystore.vault', indent it by 4 spaces
                line 10: 'approle' belongs under 'keystore.vault', indent it by 4 spaces
                line 11: 'id' belongs under 'keystore.vault.approle', indent it by 6 spaces
                line 12: 'secret' belongs under 'keystore.vault.approle', indent it by 6 spaces
                line 13: 'retry' belongs under 'keystore.vault.approle', indent it by 6 spaces
                line 14: 'status' belongs under 'keystore.vault', indent it by 4 spaces
                line 15: 'ping' belongs under 'keystore.vault.status', indent it by 6 spaces
                """)
    }

    @Test(arguments: [
        ("admin:\nidentity: x\n", "yaml: line 2: 'identity' belongs under 'admin', indent it by 2 spaces"),
        (
            "keystore:\n  vault:\n  endpoint: e\n",
            "yaml: line 3: 'endpoint' belongs under 'keystore.vault', indent it by 4 spaces"
        ),
        (
            "policy:\n  my-app:\n  allow:\n  - /v1/key/create/*\n",
            "yaml: line 3: 'allow' belongs under 'policy.my-app', indent it by 4 spaces"
        ),
        (
            "keystore:\r\n# the directory\r\n\r\nfs: # files\r\n",
            "yaml: line 4: 'fs' belongs under 'keystore', indent it by 2 spaces"
        ),
        // The same key twice at one level would be all that YAML says.
        (
            "tls:\nkey: a\ncert: b\nkeystore:\n  vault:\n    endpoint: e\n    tls:\n    key: c\n    cert: d\n",
            """
            yaml: line 2: 'key' belongs under 'tls', indent it by 2 spaces
            line 3: 'cert' belongs under 'tls', indent it by 2 spaces
            line 8: 'key' belongs under 'keystore.vault.tls', indent it by 6 spaces
            line 9: 'cert' belongs under 'keystore.vault.tls', indent it by 6 spaces
            """
        ),
    ])
    func `the line that lost its indentation is named`(text: String, message: String) {
        #expect(Fixture.refusal { try Fixture.parse(text) } == message)
    }

    @Test(arguments: [
        "cache:\nlog:\n  error: on\n", "policy:\nlog:\n  error: on\n", "cache:\nunheard-of: 1\n",
        "policy:\n    wide:\n        allow:\n        - /v1/status\n",
        "policy: {short: {allow: [/v1/status]}}\nlog:\n\n  # on\n  error: on\n",
    ])
    func `empty sections and other widths are no loss`(lines: String) {
        #expect(Fixture.refusal { try Fixture.with(lines) } == "accepted")
    }

    @Test func `a variable inside of a text is worth a warning, and no value is shown`() throws {
        let configuration = try Fixture.with("address: 127.0.0.1:1\nhealth:\n  address: '${HOST}:7374'\n")
        #expect(configuration.healthAddress == "${HOST}:7374")
        #expect(
            configuration.warnings == [
                "line 11: '${' inside of a text is no variable; only a whole value is one: '${NAME}'"
            ])
    }
}
