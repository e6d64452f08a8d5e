import KESService
import TestSupport
import Testing

/// The YAML itself: aliases, bounds, and what is no YAML.
@Suite struct ConfigurationYAMLTests {
    typealias Fixture = ConfigurationFixture

    @Test func `an alias repeats a value`() throws {
        let configuration = try Fixture.with(
            """
            policy:
              a: &rules
                allow: &list [/v1/status, "/v1/key/*"]
              b:
                allow: *list
              c:
                <<: *rules
                deny: [/v1/key/delete/*]
              d:
                <<: *rules
                allow: [/v1/ready]
            """)
        #expect(configuration.policies[1].allow == ["/v1/status", "/v1/key/*"])
        #expect(configuration.policies[2].allow == ["/v1/status", "/v1/key/*"])
        #expect(configuration.policies[2].deny == ["/v1/key/delete/*"])
        #expect(configuration.policies[3].allow == ["/v1/ready"])
    }

    @Test func `aliases of aliases do not grow without bound`() {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...30 {
            let alias = "*a\(level - 1)"
            bomb += "a\(level): &a\(level) [\(Array(repeating: alias, count: 10).joined(separator: ", "))]\n"
        }
        let refusal = Fixture.refusal { try Fixture.with(bomb) }
        #expect(refusal.hasSuffix("document contains excessive aliasing"), "\(refusal)")
        let key = Fixture.refusal { try Fixture.with("a: &a [1, 2]\n? *a\n: x\n") }
        #expect(key == "yaml: line 10: cannot unmarshal !!seq into string", "\(key)")
    }

    @Test func `an alias to nothing and a bare asterisk are errors`() {
        #expect(
            Fixture.refusal { try Fixture.with("x: *y\n") }.hasPrefix("yaml: line 9: unknown anchor 'y' referenced"))
        #expect(
            Fixture.refusal { try Fixture.with("policy:\n  p:\n    allow:\n    - *\n") }
                == "yaml: line 12: a text that begins with '*' has to be in quotes")
    }

    @Test func `asterisks elsewhere stay what they are`() throws {
        let configuration = try Fixture.with(
            "policy:\n  p: # *no*\n    allow: [/v1/*, '*', \"*\"]\n    deny:\n    - |-\n      */x*\n")
        #expect(configuration.policies[0].allow == ["/v1/*", "*", "*"])
        #expect(configuration.policies[0].deny == ["*/x*"])
    }

    @Test func `a byte order mark is none of the text`() throws {
        let text = Fixture.adminLines + Fixture.tlsLines + Fixture.storeLines
        #expect(try Fixture.parse("\u{FEFF}" + text).admin == Fixture.admin)
    }

    @Test func `values nested too deeply are refused`() {
        let deep = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        #expect(Fixture.refusal { try Fixture.with("x: \(deep)\n") }.hasSuffix("values are nested too deeply"))
        let deeper = String(repeating: "[", count: 200_000)
        #expect(Fixture.refusal { try Fixture.with("x: \(deeper)\n") }.hasPrefix("yaml: line 9: "))
    }

    @Test func `a file has a greatest size`() throws {
        let long = "# " + String(repeating: "x", count: 1024 * 1024) + "\n"
        #expect(Fixture.refusal { try Fixture.with(long) } == "yaml: a configuration has at most 1048576 bytes")
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/config.yml"
        _ = try shellOutput("head -c 3000000 /dev/zero | tr '\\0' '#' > \(path)")
        #expect(
            Fixture.refusal { try KESConfiguration.read(path, environment: [:]) }
                == "read \(path): a configuration has at most 1048576 bytes")
    }

    @Test func `a file that cannot be read is named`() throws {
        let directory = try TemporaryDirectory()
        #expect(
            Fixture.refusal { try KESConfiguration.read("\(directory.path)/none.yml", environment: [:]) }
                == "open \(directory.path)/none.yml: No such file or directory")
        #expect(
            Fixture.refusal { try KESConfiguration.read(directory.path, environment: [:]) }
                == "read \(directory.path): Is a directory")
        _ = try shellOutput("printf 'admin: \\377' > \(directory.path)/latin.yml")
        #expect(
            Fixture.refusal { try KESConfiguration.read("\(directory.path)/latin.yml", environment: [:]) }
                == "read \(directory.path)/latin.yml: not UTF-8")
    }

    @Test func `only the first document counts`() throws {
        let configuration = try Fixture.with("---\nadmin: {identity: x}\n")
        #expect(configuration.admin == Fixture.admin)
    }

    @Test func `a syntax error says the line and shows no text`() {
        let refusal = Fixture.refusal { try Fixture.withTLS("  key: k\n  password: \"s3cret\n") }
        #expect(refusal.hasPrefix("yaml: line "), "\(refusal)")
        #expect(!refusal.contains("s3cret"))
    }
}
