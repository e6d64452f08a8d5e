import Cryptography
import Foundation
import Glibc
import KeyManagement
import TestSupport
import Testing

@Suite struct LocalKeyringTests {
    let directory: TemporaryDirectory
    let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = "\(directory.path)/config/coffer/keyring.json"
    }

    private func mode(_ path: String) -> UInt32 {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    private func text() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    private func replace(_ text: String) throws {
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    @Test func `the first start makes a private file with one key, the second opens it`() async throws {
        let first = try LocalKeyring.open(path: path, createIfMissing: true)
        #expect(first.wasCreated)
        #expect(first.defaultKey.name == "coffer-default-key")
        #expect(mode(path) == 0o600)
        #expect(mode("\(directory.path)/config/coffer") == 0o700)
        #expect(mode("\(directory.path)/config") == 0o700)
        let context = KMSContext(["bucket": "b"])
        let generated = try await first.generateDataKey(under: first.defaultKey, context: context)
        #expect(generated.wrapped.count == 76)
        let second = try LocalKeyring.open(path: path, createIfMissing: true)
        #expect(!second.wasCreated)
        let opened = try await second.decryptDataKey(generated.wrapped, under: second.defaultKey, context: context)
        #expect(opened.isEqual(to: generated.plaintext))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: "\(directory.path)/config/coffer") == ["keyring.json"])
    }

    @Test func `a missing keyring is not made unless asked`() {
        #expect(throws: KeyringError.missing(path: path)) { try LocalKeyring.open(path: path, createIfMissing: false) }
        #expect(access(path, F_OK) != 0)
    }

    @Test func `created keys are there after reopening, in the order of their names`() async throws {
        let keyring = try LocalKeyring.open(path: path, createIfMissing: true)
        let (a, z) = (try KeyID("a-key"), try KeyID("z_key"))
        try await keyring.createKey(z)
        try await keyring.createKey(a)
        await #expect(throws: KeyServiceError.keyExists("a-key")) { try await keyring.createKey(a) }
        await #expect(throws: KeyServiceError.keyExists("coffer-default-key")) {
            try await keyring.createKey(keyring.defaultKey)
        }
        let reopened = try LocalKeyring.open(path: path, createIfMissing: false)
        #expect(try await reopened.listKeys().map(\.name.name) == ["a-key", "coffer-default-key", "z_key"])
        let created = try #require(try await reopened.describeKey(a).createdAt)
        #expect(abs(Double(created) / 1000 - Date().timeIntervalSince1970) < 600)
        let generated = try await keyring.generateDataKey(under: z, context: KMSContext())
        let opened = try await reopened.decryptDataKey(generated.wrapped, under: z, context: KMSContext())
        #expect(opened.isEqual(to: generated.plaintext))
        await #expect(throws: KeyServiceError.notAuthentic) {
            try await reopened.decryptDataKey(generated.wrapped, under: a, context: KMSContext())
        }
        #expect(mode(path) == 0o600)
    }

    @Test func `a key that another process added is found, and neither loses the other's`() async throws {
        let one = try LocalKeyring.open(path: path, createIfMissing: true)
        let other = try LocalKeyring.open(path: path, createIfMissing: false)
        let (a, b) = (try KeyID("a"), try KeyID("b"))
        await #expect(throws: KeyServiceError.keyNotFound("a")) { try await other.describeKey(a) }
        try await one.createKey(a)
        try await other.createKey(b)
        #expect(try await other.hasKey(a))
        #expect(try await one.hasKey(b))
        #expect(try await LocalKeyring.open(path: path, createIfMissing: false).listKeys().count == 3)
    }

    @Test func `many keys made at once are all kept`() async throws {
        let keyring = try LocalKeyring.open(path: path, createIfMissing: true)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask { try await keyring.createKey(try KeyID("key-\(number)")) }
            }
            try await group.waitForAll()
        }
        #expect(try await LocalKeyring.open(path: path, createIfMissing: false).listKeys().count == 21)
    }

    @Test func `a key that no longer fits is refused, and what was acknowledged is there after reopening`() async throws
    {
        let limit = 2048
        let keyring = try LocalKeyring.open(path: path, createIfMissing: true, maximumBytes: limit)
        var acknowledged = 1
        var refusal: KeyServiceError?
        while refusal == nil, acknowledged < 100 {
            do throws(KeyServiceError) {
                try await keyring.createKey(try KeyID("key-\(acknowledged)"))
                acknowledged += 1
            } catch {
                refusal = error
            }
        }
        guard case .notSupported(let reason) = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        #expect(reason.contains("is full: with another key it would be longer than 2048 bytes"))
        #expect(try text().utf8.count <= limit)
        let reopened = try LocalKeyring.open(path: path, createIfMissing: false, maximumBytes: limit)
        #expect(try await reopened.listKeys().count == acknowledged)
        #expect(try await keyring.listKeys().count == acknowledged)
    }

    @Test func `a file that is longer than any keyring is not read`() throws {
        _ = try LocalKeyring.open(path: path, createIfMissing: true)
        #expect(throws: KeyringError.tooLong(path: path, maximumBytes: 64)) {
            try LocalKeyring.open(path: path, createIfMissing: false, maximumBytes: 64)
        }
    }

    @Test func `a file of some MiB is opened, and one more key added`() async throws {
        _ = try LocalKeyring.open(path: path, createIfMissing: true)
        try replace(try text() + String(repeating: " ", count: 3 << 20))
        let keyring = try LocalKeyring.open(path: path, createIfMissing: false)
        try await keyring.createKey(try KeyID("one-more"))
        #expect(try await LocalKeyring.open(path: path, createIfMissing: false).listKeys().count == 2)
    }

    @Test func `a keyring that was swapped for another is not written over`() async throws {
        let keyring = try LocalKeyring.open(path: path, createIfMissing: true)
        let foreign = "\(directory.path)/foreign.json"
        _ = try LocalKeyring.open(path: foreign, createIfMissing: true)
        #expect(rename(foreign, path) == 0)
        let before = try text()
        let error = await #expect(throws: KeyServiceError.self) { try await keyring.createKey(try KeyID("new")) }
        #expect(error?.description.contains("no longer holds the key “coffer-default-key”") == true)
        #expect(try text() == before)
    }

    @Test func `a symbolic link stays a link`() async throws {
        _ = try LocalKeyring.open(path: path, createIfMissing: true)
        let link = "\(directory.path)/link.json"
        #expect(symlink(path, link) == 0)
        let keyring = try LocalKeyring.open(path: link, createIfMissing: false)
        try await keyring.createKey(try KeyID("k"))
        #expect(try await LocalKeyring.open(path: path, createIfMissing: false).hasKey(try KeyID("k")))
        var status = stat()
        #expect(lstat(link, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    }

    @Test(arguments: [0o644, 0o640, 0o660, 0o604, 0o602, 0o620, 0o610] as [UInt32])
    func `a file that others may open is refused`(_ mode: UInt32) throws {
        _ = try LocalKeyring.open(path: path, createIfMissing: true)
        #expect(chmod(path, mode) == 0)
        let error = #expect(throws: KeyringError.self) { try LocalKeyring.open(path: path, createIfMissing: true) }
        #expect(
            error?.description
                == "The keyring \(path) is open to other users (mode 0\(String(mode, radix: 8))); "
                + "make it private with: chmod 600 \(path)")
    }

    @Test func `a read-only file serves, and a directory that others may write to is refused`() throws {
        _ = try LocalKeyring.open(path: path, createIfMissing: true)
        #expect(chmod(path, 0o400) == 0)
        #expect(try !LocalKeyring.open(path: path, createIfMissing: false).wasCreated)
        let parent = "\(directory.path)/config/coffer"
        #expect(chmod(parent, 0o777) == 0)
        #expect(throws: KeyringError.looseDirectory(path: parent, mode: UInt32(S_IFDIR) | 0o777)) {
            try LocalKeyring.open(path: path, createIfMissing: false)
        }
    }

    @Test func `a directory is not a keyring`() throws {
        #expect(throws: KeyringError.notAFile(path: directory.path)) {
            try LocalKeyring.open(path: directory.path, createIfMissing: true)
        }
    }

    @Test func `later versions and foreign files are told apart`() throws {
        _ = try LocalKeyring.open(path: path, createIfMissing: true)
        let good = try text()
        try replace(good.replacingOccurrences(of: "\"version\": 1", with: "\"version\": 2"))
        let error = #expect(throws: KeyringError.unknownVersion(path: path, found: 2)) {
            try LocalKeyring.open(path: path, createIfMissing: true)
        }
        #expect(error?.description == "The keyring \(path) has format version 2; this program reads version 1.")
        for foreign in ["", "hello", "{\"a\":1}", "[]", "-----BEGIN KEY-----"] {
            try replace(foreign)
            #expect(throws: KeyringError.notAKeyring(path: path)) {
                try LocalKeyring.open(path: path, createIfMissing: true)
            }
        }
    }

    @Test(arguments: [
        (
            "\"default\": \"coffer-default-key\"", "\"default\": \"gone\"",
            "its default key “gone” is not among its keys"
        ),
        ("\"default\": \"coffer-default-key\"", "\"other\": 1", "the name of its default key is missing or invalid"),
        ("\"algorithm\": \"AES256\"", "\"algorithm\": \"DES\"", "has no known algorithm"),
        ("\"created_at\": \"2", "\"created_at\": \"x", "has no valid time of creation"),
        ("\"name\": \"", "\"name\": \"-", "its key “-coffer-default-key” has no valid name"),
        ("\"key\": \"", "\"key\": \"AAAA", "has 35 bytes instead of 32"),
        ("\"key\": \"", "\"key\": \"A", "is not valid base64"),
        ("\"fingerprint\": \"", "\"fingerprint\": \"0", "does not match its fingerprint"),
        ("\"keys\"", "\"locks\"", "its list of keys is missing"),
        ("\"version\": 1", "\"version\": \"1\"", "its version is missing"),
        ("\n  ]\n}", "", "it is not complete JSON"),
    ])
    func `a damaged file is refused with the reason`(_ good: String, _ bad: String, _ reason: String) throws {
        _ = try LocalKeyring.open(path: path, createIfMissing: true)
        let before = try text()
        let damaged = before.replacingOccurrences(of: good, with: bad)
        #expect(damaged != before)
        try replace(damaged)
        let error = #expect(throws: KeyringError.self) { try LocalKeyring.open(path: path, createIfMissing: true) }
        #expect(error?.description.hasPrefix("The keyring \(path) is damaged: ") == true)
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
        #expect(try text() == damaged)
    }

    @Test func `every cut of a keyring is refused`() throws {
        _ = try LocalKeyring.open(path: path, createIfMissing: true)
        let whole = Array(try text().utf8)
        // The last byte is a line feed, which carries nothing.
        for count in 0..<(whole.count - 1) {
            try replace(String(decoding: whole[..<count], as: UTF8.self))
            #expect(throws: KeyringError.self) { try LocalKeyring.open(path: path, createIfMissing: true) }
        }
    }

    @Test(arguments: [
        (["XDG_CONFIG_HOME": "/x", "HOME": "/h"], "/x/coffer/keyring.json"),
        (["XDG_CONFIG_HOME": "", "HOME": "/h"], "/h/.config/coffer/keyring.json"),
        (["XDG_CONFIG_HOME": "relative", "HOME": "/h"], "/h/.config/coffer/keyring.json"),
        (["HOME": "/"], "/.config/coffer/keyring.json"),
    ])
    func `the default place follows the environment`(_ environment: [String: String], _ expected: String) {
        #expect(LocalKeyring.defaultPath(environment: environment) == expected)
    }

    @Test func `without an environment the default place is still absolute`() {
        #expect(LocalKeyring.defaultPath(environment: [:]).hasPrefix("/"))
    }
}
