import KESProtocol
import KESService
import KeyStores
import Testing

/// Every field of a configuration file: its default, and how it is read.
@Suite struct ConfigurationFieldTests {
    typealias Fixture = ConfigurationFixture

    @Test func `the smallest file has the documented defaults`() throws {
        let configuration = try Fixture.with("")
        #expect(configuration.address == nil)
        #expect(configuration.admin == Fixture.admin)
        #expect(configuration.tls.key == "./private.key")
        #expect(configuration.tls.certificate == "./public.crt")
        #expect(configuration.tls.password == nil)
        #expect(!configuration.tls.isVerifying)
        #expect(configuration.tls.authorities == nil)
        #expect(configuration.tls.proxies.isEmpty)
        #expect(configuration.policies.isEmpty)
        #expect(configuration.cache.any == .seconds(300))
        #expect(configuration.cache.unused == .seconds(30))
        #expect(configuration.cache.offline == .zero)
        #expect(configuration.api.isEmpty)
        #expect(configuration.log.error == .info)
        #expect(configuration.log.audit == .info)
        #expect(configuration.keys.isEmpty)
        #expect(configuration.healthAddress == nil)
        #expect(configuration.warnings == [])
        guard case .fs(FileKeyStoreConfiguration(path: "./keys")) = configuration.keyStore else {
            Issue.record("another key store: \(configuration.keyStore)")
            return
        }
    }

    @Test func `every field of a full file is read`() throws {
        let configuration = try Fixture.parse(
            """
            version: v1
            address: 127.0.0.1:7000
            admin:
              identity: ${ADMIN}
            tls:
              key: k.pem
              cert: c.pem
              password: ${ PASSWORD }
              auth: "On"
              ca: ./authorities
              proxy:
                identities: [ "${PROXY}" ]
                header:
                  cert: X-Certificate
            policy:
              my-app:
                allow:
                - /v1/key/create/my-app*
                - "*"
                deny:
                - /v1/key/delete/*
                identities:
                - \(Fixture.other)
              empty-hands:
                allow: [/v1/status]
            cache:
              expiry:
                any: 1m30s
                unused: 1.5h
                offline: 300ms
            api:
              /v1/ready:
                skip_auth: yes
                timeout: 3s
              /v1/key/create/:
                timeout: 20s
              /v1/status:
                skip_auth: off
                timeout: 0s
            log:
              error: warn+2
              audit: off
            keys:
            - name: first
            - name: second
            keystore:
              fs:
                path: /var/lib/kes
            health:
              address: ":7374"
            """,
            environment: ["ADMIN": Fixture.admin, "PASSWORD": "secret", "PROXY": "the-proxy"])
        #expect(configuration.address == "127.0.0.1:7000")
        #expect(configuration.admin == Fixture.admin)
        #expect(configuration.tls.password?.bytes == Array("secret".utf8))
        #expect(configuration.tls.isVerifying)
        #expect(configuration.tls.authorities == "./authorities")
        #expect(configuration.tls.proxies.map(\.text) == ["the-proxy"])
        #expect(configuration.tls.proxyHeader == "X-Certificate")
        #expect(configuration.policies.map(\.name.text) == ["my-app", "empty-hands"])
        #expect(configuration.policies[0].allow == ["/v1/key/create/my-app*", "*"])
        #expect(configuration.policies[0].deny == ["/v1/key/delete/*"])
        #expect(configuration.policies[0].identities.map(\.text) == [Fixture.other])
        #expect(configuration.cache.any == .seconds(90))
        #expect(configuration.cache.unused == .seconds(5400))
        #expect(configuration.cache.offline == .milliseconds(300))
        #expect(configuration.api[.ready] == .init(skipsAuthentication: true, timeout: .seconds(3)))
        #expect(configuration.api[.createKey] == .init(skipsAuthentication: false, timeout: .seconds(20)))
        #expect(configuration.api[.status] == .init(skipsAuthentication: false, timeout: nil))
        #expect(configuration.log.error == KESLogLevel(rawValue: 6))
        #expect(configuration.log.audit == .off)
        #expect(configuration.keys.map(\.text) == ["first", "second"])
        #expect(configuration.healthAddress == ":7374")
        #expect(configuration.warnings == [])
    }

    @Test(arguments: [
        ("on", true), ("ON", true), ("yes", true), ("y", true), ("true", true), ("True", true),
        ("off", false), ("no", false), ("N", false), ("false", false), ("FALSE", false), ("", false),
    ])
    func `a boolean has YAML's older words too, in the file and in a variable`(word: String, value: Bool) throws {
        let lines = "api:\n  /v1/ready:\n    skip_auth: "
        let literal = try Fixture.with(lines + word + "\n")
        let variable = try Fixture.with(lines + "${WORD}\n", environment: ["WORD": word])
        #expect(literal.api[.ready]?.skipsAuthentication == value)
        #expect(variable.api[.ready]?.skipsAuthentication == value)
    }

    @Test(arguments: [
        ("DEBUG", -4), ("info", 0), ("Warn", 4), ("ERROR", 8), ("on", 0), ("off", 9), ("ERROR+1", 9), ("INFO-3", -3),
        ("8", 8), ("-4", -4), ("", 0),
    ])
    func `a log level is a name, a number, or on and off`(word: String, level: Int) throws {
        let configuration = try Fixture.with("log:\n  error: \(word)\n  audit: \(word)\n")
        #expect(configuration.log.error.rawValue == level)
        #expect(configuration.log.audit.rawValue == level)
    }

    @Test(arguments: [(-4, "DEBUG"), (0, "INFO"), (5, "WARN+1"), (9, "ERROR+1"), (-6, "DEBUG-2")])
    func `a log level is shown by the nearest name`(level: Int, text: String) {
        #expect(KESLogLevel(rawValue: level).description == text)
    }

    @Test func `a variable stands only for a whole scalar`() throws {
        let environment = ["DIR": "elsewhere"]
        let whole = try Fixture.withStore("  fs:\n    path: \"  ${DIR} \"\n", environment: environment)
        let part = try Fixture.withStore("  fs:\n    path: dir/${DIR}\n", environment: environment)
        guard case .fs(FileKeyStoreConfiguration(path: "elsewhere")) = whole.keyStore,
            case .fs(FileKeyStoreConfiguration(path: "dir/${DIR}")) = part.keyStore
        else {
            Issue.record("\(whole.keyStore) \(part.keyStore)")
            return
        }
    }

    @Test func `rules and names of policies are never variables`() throws {
        let configuration = try Fixture.with(
            "policy:\n  p:\n    allow: [ \"${RULE}\" ]\n", environment: ["RULE": "/v1/x"])
        #expect(configuration.policies[0].allow == ["${RULE}"])
    }

    @Test func `a variable that is set to nothing is an empty value`() throws {
        let configuration = try Fixture.with("cache:\n  expiry:\n    any: ${T}\n", environment: ["T": ""])
        #expect(configuration.cache.any == .seconds(300))
    }

    @Test func `an expiry of zero is none that is given`() throws {
        let configuration = try Fixture.with("cache:\n  expiry:\n    any: 0s\n    unused: 0s\n    offline: 0s\n")
        #expect(configuration.cache == .init())
    }

    @Test func `a name instead of a digest switches the admin off`() throws {
        let text = "admin:\n  identity: disabled\n" + Fixture.tlsLines + Fixture.storeLines
        #expect(try Fixture.parse(text).admin == "disabled")
    }

    @Test func `secrets show themselves in no message`() throws {
        let password = try #require(try Fixture.withTLS("  key: k\n  cert: c\n  password: hunter2\n").tls.password)
        #expect("\(password)" == "<secret>")
        var dumped = ""
        dump(password, to: &dumped)
        #expect(!dumped.contains("hunter2") && !dumped.contains("104"))
    }
}
