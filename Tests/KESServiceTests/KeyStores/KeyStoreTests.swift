import Glibc
import KESProtocol
import KESService
import TestSupport
import Testing

func keyName(_ text: String) throws -> KeyName { try #require(KeyName(text)) }

/// What every store does.
@Suite struct KeyStoreTests {
    enum Kind: CaseIterable { case memory, file }

    private func withStore(_ kind: Kind, _ body: (any KeyStore) async throws -> Void) async throws {
        switch kind {
        case .memory: try await body(MemoryKeyStore())
        case .file:
            let directory = try TemporaryDirectory()
            try await body(FileKeyStore(path: "\(directory.path)/keys"))
            withExtendedLifetime(directory) {}
        }
    }

    @Test(arguments: Kind.allCases)
    func `what is created is there until it is deleted`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let name = try keyName("a-key")
            await #expect(throws: KeyStoreError.notFound) { try await store.get(name) }
            await #expect(throws: KeyStoreError.notFound) { try await store.delete(name) }
            try await store.create(name, [1, 2, 3])
            #expect(try await store.get(name) == [1, 2, 3])
            await #expect(throws: KeyStoreError.exists) { try await store.create(name, [4]) }
            #expect(try await store.get(name) == [1, 2, 3])
            try await store.delete(name)
            await #expect(throws: KeyStoreError.notFound) { try await store.get(name) }
            #expect(try await store.status() > .zero)
        }
    }

    @Test(arguments: Kind.allCases)
    func `a value is replaced only by who knows it`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let name = try keyName("k")
            await #expect(throws: KeyStoreError.notFound) { try await store.replace(name, [1], with: [2]) }
            try await store.create(name, [1])
            await #expect(throws: KeyStoreError.conflict) { try await store.replace(name, [3], with: [2]) }
            try await store.replace(name, [1], with: [2])
            #expect(try await store.get(name) == [2])
        }
    }

    @Test(arguments: Kind.allCases)
    func `names are listed in order, by prefix`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            #expect(try await store.list(prefix: "") == [])
            for text in ["b", "a_1", "B", "a-2", "a"] { try await store.create(try keyName(text), [1]) }
            #expect(try await store.list(prefix: "") == ["B", "a", "a-2", "a_1", "b"])
            #expect(try await store.list(prefix: "a-") == ["a-2"])
            #expect(try await store.list(prefix: "z") == [])
        }
    }

    @Test(arguments: Kind.allCases)
    func `of many who create a key one succeeds`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let name = try keyName("contested")
            let winners = await withTaskGroup(of: UInt8?.self) { group in
                for number in UInt8(0)..<20 {
                    group.addTask { (try? await store.create(name, [number])) == nil ? nil : number }
                }
                return await group.reduce(into: [UInt8]()) { if let number = $1 { $0.append(number) } }
            }
            #expect(winners.count == 1)
            #expect(try await store.get(name) == winners)
        }
    }
}

/// What concerns the directory.
@Suite struct FileKeyStoreTests {
    private let parent: TemporaryDirectory
    private let path: String
    private let store: FileKeyStore

    init() throws {
        parent = try TemporaryDirectory()
        path = "\(parent.path)/deep/keys"
        store = try FileKeyStore(path: path)
    }

    private func mode(_ path: String) -> UInt32? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    private func write(_ name: String, _ text: String) throws {
        let file = try #require(fopen("\(path)/\(name)", "w"))
        fputs(text, file)
        fclose(file)
    }

    private var entries: [String] {
        get throws { try shellOutput("ls -A '\(path)'").split(separator: "\n").map(String.init) }
    }

    @Test func `a key is one file of its owner with nothing but the value`() async throws {
        #expect(store.title == "Filesystem: \(path)")
        #expect(mode(path) == 0o755 & ~currentMask)
        try await store.create(try keyName("k"), Array("value".utf8))
        #expect(try entries == ["k"])
        #expect(mode("\(path)/k") == 0o600)
        #expect(try shellOutput("cat '\(path)/k'") == "value")
        try await store.replace(try keyName("k"), Array("value".utf8), with: Array("other".utf8))
        #expect(try entries == ["k"])
        #expect(mode("\(path)/k") == 0o600)
        #expect(try shellOutput("cat '\(path)/k'") == "other")
    }

    private var currentMask: UInt32 {
        let mask = umask(0o22)
        umask(mask)
        return mask
    }

    @Test func `what is no key is not listed and not touched`() async throws {
        try write("good", "1")
        try write("-bad", "1")
        try write("with.dot", "1")
        try write("_", "1")
        #expect(mkdir("\(path)/directory", 0o700) == 0)
        #expect(symlink("good", "\(path)/linked") == 0)
        #expect(symlink("nowhere", "\(path)/dangling") == 0)
        #expect(mkfifo("\(path)/pipe", 0o600) == 0)
        #expect(try await store.list(prefix: "") == ["good", "linked"])
        #expect(try await store.get(try keyName("linked")) == [UInt8(ascii: "1")])
        for name in ["directory", "pipe"] {
            let error = await #expect(throws: KeyStoreError.self) { try await store.get(try keyName(name)) }
            #expect(error?.isAnswer == false)
            await #expect(throws: KeyStoreError.exists) { try await store.create(try keyName(name), [1]) }
        }
        #expect(try entries.count == 8)
    }

    @Test func `what a crash before the link left is no key and is cleared away at the next start`() async throws {
        try write(".tmp-0123456789abcdef", "half a va")
        try write("whole", "value")
        try write(".tmpfile-of-somebody-else", "")
        #expect(try await store.list(prefix: "") == ["whole"])
        await #expect(throws: KeyStoreError.notFound) { try await store.get(try keyName("tmp-0123456789abcdef")) }
        let next = try FileKeyStore(path: path)
        #expect(try entries == [".tmpfile-of-somebody-else", "whole"])
        #expect(try await next.get(try keyName("whole")) == Array("value".utf8))
    }

    @Test func `a directory that is gone is a failure, not a missing key`() async throws {
        let name = try keyName("k")
        try await store.create(name, [1])
        #expect(rename(path, "\(path)-away") == 0)
        for call in [
            { _ = try await store.get(name) }, { try await store.delete(name) }, { try await store.create(name, [2]) },
            { try await store.replace(name, [1], with: [2]) }, { _ = try await store.list(prefix: "") },
            { _ = try await store.status() },
        ] as [() async throws -> Void] {
            let error = await #expect(throws: KeyStoreError.self) { try await call() }
            #expect(error?.isAnswer == false, "\(String(describing: error))")
        }
        #expect(rename("\(path)-away", path) == 0)
        #expect(try await store.get(name) == [1])
    }

    @Test func `a file in the directory's place is refused`() throws {
        try write("file", "x")
        #expect(throws: KeyStoreError.failed("\(path)/file is not a directory")) {
            try FileKeyStore(path: "\(path)/file")
        }
        #expect(throws: KeyStoreError.self) { try FileKeyStore(path: "\(path)/file/below") }
    }

    @Test func `a value of 1 MiB is read and a longer one refused`() async throws {
        try write("largest", String(repeating: "x", count: 1 << 20))
        try write("larger", String(repeating: "x", count: 1 << 20 + 1))
        #expect(try await store.get(try keyName("largest")).count == 1 << 20)
        await #expect(throws: KeyStoreError.failed("\(path)/larger is larger than any key")) {
            try await store.get(try keyName("larger"))
        }
        try write("empty", "")
        #expect(try await store.get(try keyName("empty")) == [])
    }

    @Test func `two stores on one directory agree on who created a key`() async throws {
        let other = try FileKeyStore(path: path)
        for round in 0..<20 {
            let name = try keyName("key\(round)")
            async let first: Void? = try? store.create(name, [1])
            async let second: Void? = try? other.create(name, [2])
            let outcomes = await (first, second)
            #expect((outcomes.0 == nil) != (outcomes.1 == nil))
            #expect(try await store.get(name) == [outcomes.0 == nil ? 2 : 1])
        }
        #expect(try await other.list(prefix: "").count == 20)
        #expect(try entries.count == 20)
    }

    @Test func `a directory that cannot be written to fails and leaves nothing`() async throws {
        let name = try keyName("k")
        try await store.create(name, [1])
        // The superuser may write anywhere but here.
        let immutable = geteuid() == 0 ? "/proc/self" : path
        if geteuid() != 0 { chmod(path, 0o555) }
        defer { chmod(path, 0o755) }
        let readOnly = try FileKeyStore(path: immutable)
        let error = await #expect(throws: KeyStoreError.self) { try await readOnly.create(try keyName("new"), [2]) }
        #expect(error?.isAnswer == false)
        #expect(try entries == ["k"])
    }
}
