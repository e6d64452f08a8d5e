import KESProtocol
import KESService
import Testing

/// What is refused, in which words.
@Suite struct ConfigurationErrorTests {
    typealias Fixture = ConfigurationFixture

    @Test(arguments: [
        ("version: v2\n", "edge: invalid server config version 'v2'"),
        ("version: [v1]\n", "kesconf: invalid config version at line '9'"),
        ("cache:\n  expiry:\n    any: -5m\n", "kesconf: invalid cache expiry '-5m0s'"),
        ("cache:\n  expiry:\n    unused: -1s\n", "kesconf: invalid cache unused expiry '-1s'"),
        ("cache:\n  expiry:\n    offline: -1s\n", "kesconf: invalid offline cache expiry '-1s'"),
        ("cache:\n  expiry:\n    any: 300\n", "yaml: line 11: cannot unmarshal !!int `300` into time.Duration"),
        ("cache:\n  expiry:\n    any: 0\n", "yaml: line 11: cannot unmarshal !!int `0` into time.Duration"),
        ("cache:\n  expiry:\n    any: soon\n", "yaml: line 11: cannot unmarshal !!str `soon` into time.Duration"),
        ("cache:\n  expiry: [1s]\n", "yaml: line 10: cannot unmarshal !!seq into cache.expiry"),
        ("api:\n  /v1/ready:\n    skip_auth: maybe\n", "yaml: line 11: cannot unmarshal !!str `maybe` into bool"),
        (
            "api:\n  /v1/ready:\n    timeout: -1s\n",
            "kesconf: invalid api config: invalid timeout '-1s' for '/v1/ready'"
        ),
        ("log:\n  error: loud\n", "kesconf: invalid log config: invalid error log level 'loud'"),
        ("log:\n  audit: INFO+x\n", "kesconf: invalid log config: invalid audit log level 'INFO+x'"),
        ("keys:\n- name: a\n- name: a\n", "kesconf: invalid key config: key 'a' is defined multiple times"),
        (
            "keys:\n- name: -bad\n",
            "kesconf: invalid key config: key name '-bad' is empty, too long or contains invalid characters"
        ),
        ("keys: k\n", "yaml: line 9: cannot unmarshal !!str into a list of keys"),
        ("address: nowhere\n", "yaml: line 9: 'address' is not HOST:PORT: 'nowhere'"),
        ("health:\n  adress: ':1'\n", "kesconf: invalid health config: no address specified"),
        (
            "policy:\n  p q:\n    allow: [x]\n",
            "kes: policy name 'p q' is empty, too long or contains invalid characters"
        ),
        (
            "policy:\n  p:\n    identities: ['a b']\n",
            "kes: identity 'a b' is empty, too long or contains invalid characters"
        ),
        (
            "policy:\n  p:\n    identities: [x]\n  q:\n    identities: [x]\n",
            "kes: cannot assign policy 'q' to 'x': identity already has a policy"
        ),
        (
            "policy:\n  p:\n    identities: [\(Fixture.admin)]\n",
            "kesconf: invalid policy 'p': identity '\(Fixture.admin)' is already admin"
        ),
        ("policy:\n  p: [x]\n", "yaml: line 10: cannot unmarshal !!seq into policy.p"),
        ("policy:\n  p:\n    allow: x\n", "yaml: line 11: cannot unmarshal !!str into []string"),
        ("tls: {}\n", "yaml: line 3: mapping key \"tls\" is defined more than once"),
    ])
    func `what does not hold is refused`(lines: String, message: String) {
        #expect(Fixture.refusal { try Fixture.with(lines) } == message)
    }

    @Test(arguments: [
        ("  cert: c\n", "kesconf: invalid tls config: no private key"),
        ("  key: k\n", "kesconf: invalid tls config: no certificate"),
        ("  key: k\n  cert: c\n  auth: maybe\n", "kesconf: invalid tls config: invalid auth 'maybe'"),
        (
            "  key: k\n  cert: c\n  proxy:\n    identities: [\(Fixture.admin)]\n",
            "kesconf: invalid tls proxy: identity '\(Fixture.admin)' is already admin"
        ),
        (
            "  key: k\n  cert: c\n  proxy:\n    identities: [p]\npolicy:\n  q:\n    identities: [p]\n",
            "kesconf: invalid policy 'q': identity 'p' is already a TLS proxy"
        ),
    ])
    func `the section tls is checked`(lines: String, message: String) {
        #expect(Fixture.refusal { try Fixture.withTLS(lines) } == message)
    }

    @Test func `an admin, a key store and certificates have to be there`() {
        #expect(
            Fixture.refusal { try Fixture.parse(Fixture.tlsLines + Fixture.storeLines) }
                == "kesconf: invalid admin identity: no admin identity")
        #expect(
            Fixture.refusal { try Fixture.parse(Fixture.adminLines + Fixture.storeLines) }
                == "kesconf: invalid tls config: no private key")
        #expect(
            Fixture.refusal { try Fixture.parse(Fixture.adminLines + Fixture.tlsLines) }
                == "kesconf: no keystore specified")
        #expect(Fixture.refusal { try Fixture.parse("") } == "kesconf: invalid admin identity: no admin identity")
        #expect(
            Fixture.refusal { try Fixture.parse("just words") }
                == "yaml: line 1: cannot unmarshal !!str into a configuration")
    }

    @Test func `a variable that is not set is named with its line`() {
        let refusal = Fixture.refusal { try Fixture.withTLS("  key: ${ KEY_FILE }\n  cert: c\n") }
        #expect(refusal == "kesconf: referenced env. variable 'KEY_FILE' in line '7' not found")
    }

    @Test func `a variable's value stands in no message`() {
        let secret = "value-of-the-variable!"
        for lines in [
            "cache:\n  expiry:\n    any: ${V}\n", "api:\n  /v1/ready:\n    skip_auth: ${V}\n", "log:\n  error: ${V}\n",
            "policy:\n  p:\n    identities: ['${V}']\n", "keys:\n- name: ${V}\n", "address: ${V}\n", "version: ${V}\n",
        ] {
            let refusal = Fixture.refusal { try Fixture.with(lines, environment: ["V": secret]) }
            #expect(refusal.contains("${V}") && !refusal.contains(secret), "\(refusal)")
        }
    }

    @Test(arguments: ["/v1/key/create/", "/v1/key/decrypt/", "/v1/identity/self/describe", "/v1/log/audit"])
    func `calls about keys are not for everybody`(path: String) throws {
        let lines = "api:\n  \(path):\n    skip_auth: true\n"
        let refusal = Fixture.refusal { try Fixture.with(lines) }
        #expect(refusal.hasPrefix("kesconf: invalid api config: '\(path)' in line 10: skip_auth"))
        let allowed = try Fixture.with(lines, environment: ["KES_INSECURE_SKIP_AUTH_ANY": "on"])
        #expect(allowed.api.values.contains { $0.skipsAuthentication })
    }

    @Test func `unknown keys are worth a warning, with the line`() throws {
        let configuration = try Fixture.with(
            "adress: x\npolicy:\n  p:\n    allow: [/v1/status]\n    alow: [x]\napi:\n  /v1/nothing: {timeout: 1s}\n")
        #expect(
            configuration.warnings == [
                "line 9: unknown key 'adress' is ignored", "line 13: unknown key 'policy.p.alow' is ignored",
                "line 15: there is no API '/v1/nothing'; its settings are ignored",
            ])
    }

    @Test func `a policy that allows nothing is never silent`() throws {
        #expect(
            try Fixture.with("policy:\n  p:\n    deny: ['*']\n").warnings == [
                "line 10: the policy 'p' allows nothing: it has no 'allow' rules"
            ])
        #expect(try Fixture.with("policy:\n  p:\n").warnings.count == 1)
        let globs = try Fixture.with("policy:\n  p:\n    allow: ['/v1/*/my', '/v1/key/create/?', '/v1/ok/*']\n")
        #expect(globs.warnings.count == 2)
        #expect(globs.warnings.allSatisfy { $0.hasSuffix("the rest is literal") })
    }
}
