import Cryptography
import Glibc
import KESProtocol
import KeyStores
import TestSupport
import Testing

/// Values as arrays, and listings of one page.
extension KeyStore {
    func create(_ name: KeyName, _ value: [UInt8]) async throws(KeyStoreError) {
        try await create(name, SecretBytes(value))
    }

    func replace(_ name: KeyName, _ old: [UInt8], with new: [UInt8]) async throws(KeyStoreError) {
        try await replacing().replace(name, SecretBytes(old), with: SecretBytes(new))
    }

    func value(_ name: KeyName) async throws(KeyStoreError) -> [UInt8] {
        try await get(name).withUnsafeBytes { Array($0) }
    }

    func list(prefix: String) async throws(KeyStoreError) -> [String] {
        try await list(prefix: prefix, after: nil, limit: 1000).names
    }
}

func keyName(_ text: String) throws -> KeyName { try #require(KeyName(text)) }

/// What every store does.
@Suite struct KeyStoreTests {
    enum Kind: CaseIterable { case memory, file, sealed }

    private func withStore(_ kind: Kind, _ body: (any KeyStore) async throws -> Void) async throws {
        switch kind {
        case .memory: try await body(MemoryKeyStore())
        case .file:
            let directory = try TemporaryDirectory()
            try await body(FileKeyStore(.init(path: "\(directory.path)/keys"), logger: LogRecord().logger))
            withExtendedLifetime(directory) {}
        case .sealed:
            let directory = try TemporaryDirectory()
            let configuration = SealedConfiguration(
                path: "\(directory.path)/keys", passphrase: .text(SecretText("passphrase")))
            try await body(try await EnvelopeKeyStore.open(configuration, logger: LogRecord().logger))
            withExtendedLifetime(directory) {}
        }
    }

    @Test(arguments: Kind.allCases)
    func `what is created is there until it is deleted`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let name = try keyName("a-key")
            await #expect(throws: KeyStoreError.keyNotFound) { try await store.value(name) }
            await #expect(throws: KeyStoreError.keyNotFound) { try await store.delete(name) }
            try await store.create(name, [1, 2, 3])
            #expect(try await store.value(name) == [1, 2, 3])
            await #expect(throws: KeyStoreError.keyExists) { try await store.create(name, [4]) }
            #expect(try await store.value(name) == [1, 2, 3])
            try await store.delete(name)
            await #expect(throws: KeyStoreError.keyNotFound) { try await store.value(name) }
            #expect(try await store.status() > .zero)
        }
    }

    @Test(arguments: Kind.allCases)
    func `a value is replaced only by who knows it`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let name = try keyName("k")
            await #expect(throws: KeyStoreError.keyNotFound) { try await store.replace(name, [1], with: [2]) }
            try await store.create(name, [1])
            await #expect(throws: KeyStoreError.keyChanged) { try await store.replace(name, [3], with: [2]) }
            try await store.replace(name, [1], with: [2])
            #expect(try await store.value(name) == [2])
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
    func `a listing of pages has every name once, whatever the pages' size`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let names = (0..<25).map { "key-\($0)" } + ["other"]
            for text in names { try await store.create(try keyName(text), [1]) }
            let expected = names.filter { $0.hasPrefix("key") }.sorted()
            for limit in [1, 2, 7, 24, 25, 26] {
                var found: [String] = []
                var page = KeyNamePage(names: [], isLast: false)
                while !page.isLast {
                    page = try await store.list(prefix: "key", after: found.last, limit: limit)
                    #expect(page.names.count <= limit)
                    try #require(!page.names.isEmpty)
                    found += page.names
                }
                #expect(found == expected, "pages of \(limit)")
            }
            #expect(try await store.list(prefix: "key", after: "key-9", limit: 5) == .init(names: [], isLast: true))
            #expect(try await store.list(prefix: "", after: "key-9", limit: 5).names == ["other"])
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
            #expect(try await store.value(name) == winners)
        }
    }
}

/// What concerns the directory.
@Suite struct FileKeyStoreTests {
    private let parent: TemporaryDirectory
    private let path: String
    private let store: FileKeyStore
    private let log = LogRecord()

    /// Whether the store says that it could not do it, and nothing about the key.
    private func isFailure(_ error: KeyStoreError) -> Bool {
        switch error {
        case .keyExists, .keyNotFound, .keyChanged, .nameNotAllowed, .cancelled: false
        case .corrupt, .notAuthorized, .unavailable, .unreachable: true
        }
    }

    init() throws {
        parent = try TemporaryDirectory()
        path = "\(parent.path)/deep/keys"
        store = try FileKeyStore(.init(path: path), logger: log.logger)
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
        #expect(mode(path) == 0o700)
        try await store.create(try keyName("k"), Array("value".utf8))
        #expect(try entries == ["k"])
        #expect(mode("\(path)/k") == 0o600)
        #expect(try shellOutput("cat '\(path)/k'") == "value")
        try await store.replace(try keyName("k"), Array("value".utf8), with: Array("other".utf8))
        #expect(try entries == ["k"])
        #expect(mode("\(path)/k") == 0o600)
        #expect(try shellOutput("cat '\(path)/k'") == "other")
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
        #expect(try await store.value(try keyName("linked")) == [UInt8(ascii: "1")])
        for name in ["directory", "pipe"] {
            let error = await #expect(throws: KeyStoreError.self) { try await store.value(try keyName(name)) }
            #expect(error.map(isFailure) == true)
            await #expect(throws: KeyStoreError.keyExists) { try await store.create(try keyName(name), [1]) }
        }
        #expect(try entries.count == 8)
    }

    @Test func `what a crash before the link left is no key and is cleared away at the next start`() async throws {
        try write(".tmp-0123456789abcdef", "half a va")
        try write("whole", "value")
        try write(".tmpfile-of-somebody-else", "")
        #expect(try await store.list(prefix: "") == ["whole"])
        await #expect(throws: KeyStoreError.keyNotFound) { try await store.value(try keyName("tmp-0123456789abcdef")) }
        let next = try FileKeyStore(.init(path: path), logger: log.logger)
        #expect(try entries == [".tmpfile-of-somebody-else", "whole"])
        #expect(try await next.value(try keyName("whole")) == Array("value".utf8))
    }

    @Test func `a directory that is gone is a failure, not a missing key`() async throws {
        let name = try keyName("k")
        try await store.create(name, [1])
        #expect(rename(path, "\(path)-away") == 0)
        for call in [
            { _ = try await store.value(name) }, { try await store.delete(name) },
            { try await store.create(name, [2]) },
            { try await store.replace(name, [1], with: [2]) }, { _ = try await store.list(prefix: "") },
            { _ = try await store.status() },
        ] as [() async throws -> Void] {
            let error = await #expect(throws: KeyStoreError.self) { try await call() }
            #expect(error.map(isFailure) == true, "\(String(describing: error))")
        }
        #expect(rename("\(path)-away", path) == 0)
        #expect(try await store.value(name) == [1])
    }

    @Test func `the directory is its owner's alone`() throws {
        #expect(mode(path) == 0o700)
        #expect(log.text == "")
    }

    @Test(arguments: [(0o755, "read"), (0o750, "read"), (0o770, "changed"), (0o777, "changed"), (0o702, "changed")])
    func `a directory that others may use is used, left as it is, and warned of`(_ bits: Int, _ verb: String) throws {
        #expect(chmod(path, mode_t(bits)) == 0)
        _ = try FileKeyStore(.init(path: path), logger: log.logger)
        #expect(mode(path) == UInt32(bits))
        let octal = "0" + String(bits, radix: 8)
        #expect(
            log.text.contains("warning the key store \(path) can be \(verb) by others than its owner (mode \(octal))"))
    }

    @Test func `a key's file that others may read is read, and warned of once`() async throws {
        for text in ["a", "b"] {
            try await store.create(try keyName(text), [1])
            #expect(chmod("\(path)/\(text)", 0o644) == 0)
        }
        for text in ["a", "b", "a"] { #expect(try await store.value(try keyName(text)) == [1]) }
        #expect(log.text.split(separator: "\n").count == 1)
        #expect(log.text.contains("warning the file of the key 'a' can be read by others than its owner (mode 0644)"))
    }

    @Test func `what waits for a lock is given up with the call, and does not happen`() async throws {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(descriptor) }
        #expect(flock(descriptor, LOCK_EX) == 0)
        let name = try keyName("k")
        let creating = Task { try await store.create(name, [1]) }
        try await Task.sleep(for: .milliseconds(20))
        creating.cancel()
        await #expect(throws: KeyStoreError.cancelled) { try await creating.value }
        #expect(flock(descriptor, LOCK_UN) == 0)
        await #expect(throws: KeyStoreError.keyNotFound) { try await store.value(name) }
    }

    @Test func `a file in the directory's place is refused`() throws {
        try write("file", "x")
        #expect(throws: KeyStoreError.unavailable("\(path)/file is not a directory")) {
            try FileKeyStore(.init(path: "\(path)/file"), logger: log.logger)
        }
        #expect(throws: KeyStoreError.self) { try FileKeyStore(.init(path: "\(path)/file/below"), logger: log.logger) }
    }

    @Test func `a value of 1 MiB is read and a longer one refused`() async throws {
        try write("largest", String(repeating: "x", count: 1 << 20))
        try write("larger", String(repeating: "x", count: 1 << 20 + 1))
        #expect(try await store.value(try keyName("largest")).count == 1 << 20)
        await #expect(throws: KeyStoreError.corrupt("\(path)/larger is larger than any key")) {
            try await store.value(try keyName("larger"))
        }
        try write("empty", "")
        #expect(try await store.value(try keyName("empty")) == [])
    }

    @Test(.enabled(if: geteuid() == 0))
    func `what the superuser makes or replaces belongs to whom it belonged before`() async throws {
        let (user, group): (uid_t, gid_t) = (54_321, 54_322)
        func owner(_ path: String) -> [UInt32] {
            var status = stat()
            return lstat(path, &status) == 0 ? [status.st_uid, status.st_gid] : []
        }
        #expect(chown(path, user, group) == 0)
        let name = try keyName("k")
        try await store.create(name, [1])
        #expect(owner("\(path)/k") == [user, group])
        #expect(chown("\(path)/k", user + 5, group + 5) == 0)
        try await store.replace(name, [1], with: [2])
        #expect(owner("\(path)/k") == [user + 5, group + 5])
        #expect(try await store.value(name) == [2])
    }

    @Test func `two stores on one directory agree on who created a key`() async throws {
        let other = try FileKeyStore(.init(path: path), logger: log.logger)
        for round in 0..<20 {
            let name = try keyName("key\(round)")
            async let first: Void? = try? store.create(name, [1])
            async let second: Void? = try? other.create(name, [2])
            let outcomes = await (first, second)
            #expect((outcomes.0 == nil) != (outcomes.1 == nil))
            #expect(try await store.value(name) == [outcomes.0 == nil ? 2 : 1])
        }
        #expect(try await other.list(prefix: "").count == 20)
        #expect(try entries.count == 20)
    }

    @Test func `a directory that cannot be written to fails and leaves nothing`() async throws {
        let name = try keyName("k")
        try await store.create(name, [1])
        // The superuser may write anywhere but here.
        let immutable = geteuid() == 0 ? "/proc/self" : path
        if geteuid() != 0 { chmod(path, 0o500) }
        defer { chmod(path, 0o700) }
        let readOnly = try FileKeyStore(.init(path: immutable), logger: log.logger)
        let error = await #expect(throws: KeyStoreError.self) { try await readOnly.create(try keyName("new"), [2]) }
        #expect(error.map(isFailure) == true)
        #expect(try entries == ["k"])
    }
}
