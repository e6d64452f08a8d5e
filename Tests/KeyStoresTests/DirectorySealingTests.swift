import Cryptography
import Glibc
import KESProtocol
import KeyStores
import TestSupport
import Testing

/// What a sealing of plain keys in place leaves behind, and what the next one makes of that.
@Suite struct DirectorySealingTests {
    private let parent: TemporaryDirectory
    private let path: String
    private let log = LogRecord()
    private let plain = String(repeating: "plain ", count: 10)

    init() async throws {
        parent = try TemporaryDirectory()
        path = "\(parent.path)/keys"
        #expect(mkdir(path, 0o700) == 0)
        for name in ["a", "b"] { try write(name) }
    }

    private var configuration: SealedConfiguration {
        SealedConfiguration(path: path, passphrase: .text(SecretText("passphrase")))
    }

    private func write(_ name: String) throws {
        let file = try #require(fopen("\(path)/\(name)", "w"))
        fputs(plain, file)
        fclose(file)
        #expect(chmod("\(path)/\(name)", 0o600) == 0)
    }

    private func text(_ name: String) throws -> String { try shellOutput("cat '\(path)/\(name)'") }

    private var entries: [String] {
        get throws { try shellOutput("ls -A '\(path)'").split(separator: "\n").map(String.init) }
    }

    private func seal() async throws -> DirectorySealing.Outcome {
        try await DirectorySealing(configuration).run { _ in }
    }

    @Test func `what was killed before the key was sealed begins anew`() async throws {
        #expect(link("\(path)/a", "\(path)/.plain-a") == 0)
        let outcome = try await seal()
        #expect(outcome.sealed == 2 && outcome.leftOver == 0 && outcome.withFurtherNames == 0)
        #expect(try entries == [".seal", "a", "b"])
    }

    @Test func `what was killed before the original was overwritten is overwritten by the next run`() async throws {
        _ = try await seal()
        try write(".plain-a")
        let held = open("\(path)/.plain-a", O_RDONLY)
        defer { close(held) }
        _ = try await EnvelopeKeyStore.open(configuration, logger: log.logger)
        #expect(log.text.contains("1 plain originals of sealed keys are still in \(path), as '.plain-…'"))
        let outcome = try await seal()
        #expect(outcome.leftOver == 1 && outcome.sealed == 0 && outcome.alreadySealed == 2)
        #expect(try entries == [".seal", "a", "b"])
        var bytes = [UInt8](repeating: 1, count: 200)
        #expect(read(held, &bytes, bytes.count) == plain.utf8.count)
        #expect(bytes.prefix(plain.utf8.count).allSatisfy { $0 == 0 })
    }

    @Test func `an original is kept as long as the sealed key does not open`() async throws {
        _ = try await seal()
        try write(".plain-a")
        _ = try shellOutput("echo '{\"envelope\":1}' > '\(path)/a'")
        let outcome = try await seal()
        #expect(outcome.unopened.map(\.text) == ["a"] && outcome.notOverwritten.map(\.name.text) == ["a"])
        #expect(try text(".plain-a") == plain)
    }

    @Test func `the original of a key that was deleted since goes as well`() async throws {
        _ = try await seal()
        try write(".plain-gone")
        #expect(try await seal().leftOver == 1)
        #expect(try entries == [".seal", "a", "b"])
    }

    @Test func `an original with a further name is counted, and stays under that`() async throws {
        #expect(link("\(path)/a", "\(parent.path)/backup") == 0)
        let outcome = try await seal()
        #expect(outcome.withFurtherNames == 1 && outcome.notOverwritten.isEmpty)
        #expect(try shellOutput("cat '\(parent.path)/backup'") == plain)
        #expect(try entries == [".seal", "a", "b"])
    }

    @Test func `a visitor makes neither a directory nor a seal, and clears nothing away`() async throws {
        try write(".tmp-0123456789abcdef")
        await #expect(throws: KeyStoreError.self) {
            try await EnvelopeKeyStore.open(configuration, as: .visitor, logger: log.logger)
        }
        _ = try FileKeyStore(.init(path: path), as: .visitor, logger: log.logger)
        #expect(try entries == [".tmp-0123456789abcdef", "a", "b"])
        #expect(throws: KeyStoreError.unavailable("\(path)/below does not exist; a server makes it at its first start")) {
            try FileKeyStore(.init(path: "\(path)/below"), as: .visitor, logger: log.logger)
        }
        #expect(access("\(path)/below", F_OK) != 0)
        removeTree(path)
        #expect(mkdir(path, 0o700) == 0)
        await #expect(
            throws: KeyStoreError.unavailable("\(path)/.seal does not exist; a server makes it at its first start")
        ) {
            try await EnvelopeKeyStore.open(configuration, as: .visitor, logger: log.logger)
        }
        #expect(try entries == [])
    }
}
