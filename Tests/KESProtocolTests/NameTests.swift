import KESProtocol
import KeyManagement
import Testing

struct NameTests {
    static let valid = ["a", "A", "0", "my-key", "__", "_a", "a_", "a--b", String(repeating: "x", count: 80)]
    static let invalid = [
        "", "_", "-", "-a", "a-", "a.b", "a b", "a/b", "a*", "é", "arn:aws:kms:a", "a\n",
        String(repeating: "x", count: 81),
    ]

    @Test(arguments: valid) func `names that satisfy the rule`(text: String) {
        #expect(KeyName(text)?.text == text)
        #expect(KeyName(text)?.keyID.name == text)
        #expect(PolicyName(text)?.text == text)
        #expect(Identity(text)?.text == text)
    }

    @Test(arguments: invalid) func `names that break it`(text: String) {
        #expect(KeyName(text) == nil)
        #expect(PolicyName(text) == nil)
        #expect(Identity(text) == nil)
    }

    @Test func `patterns select by prefix`() throws {
        for (pattern, prefix) in [
            ("", ""), ("*", ""), ("my", "my"), ("my*", "my"), ("my-", "my-"), ("_a", "_a"), ("_*", "_"),
            (String(repeating: "x", count: 80) + "*", String(repeating: "x", count: 80)),
        ] {
            let parsed = try #require(ListPattern(pattern))
            #expect(parsed.prefix == prefix)
            #expect(parsed.lastName == nil)
            #expect(parsed.matches(prefix + "z"))
            #expect(prefix.isEmpty || !parsed.matches("?"))
        }
        for pattern in [
            "_", "-", "-a", "a b", "**", "a*b", "a/", "é", ".", "a.", "a.!", String(repeating: "x", count: 81),
        ] {
            #expect(ListPattern(pattern) == nil)
        }
    }

    @Test(arguments: ["", "*", "k", "k*"]) func `a long listing goes on where it stopped`(text: String) throws {
        let names = (0..<1000).map { "k\($0)" }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } + ["z"]
        let wanted = names.filter { text.hasPrefix("k") ? $0.hasPrefix("k") : true }
        var pattern = try #require(ListPattern(text))
        var seen: [String] = []
        while true {
            let (page, continueAt) = pattern.page(of: names, byteLimit: 900)
            #expect(page.reduce(0) { $0 + $1.utf8.count + 3 } <= 900)
            seen += page
            guard !continueAt.isEmpty else { break }
            // What a policy judges is the beginning.
            #expect(continueAt.hasPrefix(pattern.prefix + "."))
            pattern = try #require(ListPattern(continueAt))
            #expect(pattern.lastName == page.last)
        }
        #expect(seen == wanted)
    }

    @Test func `one name always fits`() throws {
        let (page, continueAt) = try #require(ListPattern("")).page(of: ["aaaaaaaaaa", "b"], byteLimit: 5)
        #expect(page == ["aaaaaaaaaa"])
        #expect(!continueAt.isEmpty)
    }

    @Test func `a forged continuation does not leave the prefix`() throws {
        let forged = try #require(ListPattern("app.YQ"))
        #expect(forged.lastName == "a")
        #expect(forged.page(of: ["a", "aa", "app1", "b"]).names == ["app1"])
        for text in ["app.", "app.YQ==", "app.Lg", "app./w", "app.\(String(repeating: "Y", count: 200))"] {
            #expect(ListPattern(text) == nil)
        }
    }
}
