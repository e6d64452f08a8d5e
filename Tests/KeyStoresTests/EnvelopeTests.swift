import Cryptography
import KESProtocol
import KeyStores
import Logging
import TestSupport
import Testing

/// Envelopes in a sealed directory: what was changed in one, or put in another's place, does not open.
@Suite struct EnvelopeTests {
    private let parent: TemporaryDirectory
    private let path: String
    private let log = LogRecord()

    init() throws {
        parent = try TemporaryDirectory()
        path = "\(parent.path)/keys"
    }

    private func store(_ passphrase: String = "passphrase", acceptsPlain: Bool = false) async throws -> any KeyStore {
        try await EnvelopeKeyStore.open(
            SealedConfiguration(path: path, passphrase: .text(SecretText(passphrase)), acceptsPlain: acceptsPlain),
            logger: log.logger)
    }

    private func text(_ name: String) throws -> String { try shellOutput("cat '\(path)/\(name)'") }

    private func write(_ name: String, _ text: String) async throws {
        let files = try FileKeyStore(.init(path: path), logger: log.logger)
        let name = try keyName(name)
        try? await files.delete(name)
        try await files.create(name, Array(text.utf8))
    }

    /// A JSON document in which one character of a member's text is another.
    private func tampered(_ text: String, _ member: String, at position: Int) throws -> String {
        let start = try #require(text.firstRange(of: "\"\(member)\":\"")).upperBound
        let place = text.index(start, offsetBy: position)
        return text[..<place] + (text[place] == "0" ? "1" : "0") + text[text.index(after: place)...]
    }

    @Test func `a key's file holds an envelope and nothing of the value`() async throws {
        let store = try await store()
        try await store.create(try keyName("k"), Array("the value of the key".utf8))
        let stored = try text("k")
        #expect(stored.hasPrefix(#"{"envelope":1,"kind":"passphrase","wrapping_key":""#))
        #expect(!stored.contains("value of the key"))
        #expect(!stored.contains(Base64.encode(Array("the value of".utf8))))
        #expect(try await store.value(try keyName("k")) == Array("the value of the key".utf8))
    }

    @Test(arguments: ["wrapping_key", "wrapped", "nonce", "sealed"])
    func `a member that was changed is noticed`(_ name: String) async throws {
        let store = try await store()
        try await store.create(try keyName("k"), [1, 2, 3])
        let stored = try text("k")
        for position in [0, 7] {
            try await write("k", try tampered(stored, name, at: position))
            let error = await #expect(throws: KeyStoreError.self) { try await store.value(try keyName("k")) }
            guard case .corrupt? = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        try await write("k", stored)
        #expect(try await store.value(try keyName("k")) == [1, 2, 3])
    }

    @Test func `an envelope of another kind is refused by its name`() async throws {
        let store = try await store()
        try await store.create(try keyName("k"), [1])
        try await write("k", try text("k").replacing("\"passphrase\"", with: "\"pkcs11\""))
        await #expect(throws: KeyStoreError.corrupt("the key was sealed by 'pkcs11', not by 'passphrase'")) {
            try await store.value(try keyName("k"))
        }
        try await write("k", try text("k").replacing("\"pkcs11\"", with: "\"unknown\""))
        await #expect(throws: KeyStoreError.corrupt("the sealed key is malformed")) {
            try await store.value(try keyName("k"))
        }
    }

    @Test func `an envelope under another name does not open`() async throws {
        let store = try await store()
        try await store.create(try keyName("a"), [1])
        try await write("b", try text("a"))
        await #expect(throws: KeyStoreError.corrupt("the sealed key is not authentic")) {
            try await store.value(try keyName("b"))
        }
    }

    @Test func `an envelope of another directory is told to be one`() async throws {
        try await store().create(try keyName("k"), [1])
        let stored = try text("k")
        removeTree(path)
        let other = try await store()
        try await write("k", stored)
        let error = await #expect(throws: KeyStoreError.self) { try await other.value(try keyName("k")) }
        #expect("\(String(describing: error))".contains("another directory"))
    }

    @Test func `the passphrase opens, another does not, and neither is logged`() async throws {
        try await store("first secret").create(try keyName("k"), [7])
        #expect(try await store("first secret").value(try keyName("k")) == [7])
        let error = await #expect(throws: KeyStoreError.self) { try await store("second secret") }
        guard case .notAuthorized(let cause)? = error else { throw Unexpected() }
        #expect(cause.contains("\(path)/.seal does not open with this passphrase"))
        #expect(!(cause + log.text).contains("secret"))
    }

    @Test(arguments: ["directory", "keys", "cost", "salt", "nonce", "key"])
    func `a seal that was changed does not open`(_ name: String) async throws {
        _ = try await store()
        let stored = try text(".seal")
        let changed =
            switch name {
            case "keys": stored.replacing(#""keys":"sealed""#, with: #""keys":"mixed""#)
            case "cost": stored.replacing(#""n":131072"#, with: #""n":65536"#).replacing(#""t":3"#, with: #""t":4"#)
            default: try tampered(stored, name, at: 3)
            }
        try #require(changed != stored)
        _ = try shellOutput("printf '%s' '\(changed)' > '\(path)/.seal'")
        await #expect(throws: KeyStoreError.self) { try await store(acceptsPlain: true) }
        _ = try shellOutput("printf '%s' '\(stored)' > '\(path)/.seal'")
        _ = try await store()
    }

    @Test func `parameters that would take all memory are refused`() async throws {
        _ = try await store()
        let huge = try text(".seal").replacing(#""n":131072"#, with: #""n":1073741824"#).replacing(
            #""m":65536"#, with: #""m":1073741824"#)
        _ = try shellOutput("printf '%s' '\(huge)' > '\(path)/.seal'")
        await #expect(throws: KeyStoreError.corrupt("\(path)/.seal is not the seal of a directory")) {
            try await store()
        }
    }

    private struct Unexpected: Error {}
}
