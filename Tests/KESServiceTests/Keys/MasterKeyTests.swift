import Cryptography
import Foundation
import KESProtocol
import KESService
import KeyManagement
import KeyStores
import TestSupport
import Testing

/// The files of `data/vectors` that concern the key server; their provenance is in them.
struct KeyVectors: Decodable {
    struct Stored: Decodable, CustomTestStringConvertible {
        let id: String
        let value: String
        let key: Data
        let cipher: String?
        let hmacMessage: Data?
        let hmac: Data?
        let createdAt: [Int64]?
        let createdBy: String
        let versions: Int

        var testDescription: String { id }
    }

    struct Sealed: Decodable, CustomTestStringConvertible {
        let id: String
        let stored: String
        let version: Int
        let context: Data
        let plaintext: Data
        let ciphertext: Data

        var testDescription: String { id }
    }

    let stored: [Stored]
    let sealed: [Sealed]

    static let all: KeyVectors = decoded("kes-key-versions.json") ?? KeyVectors(stored: [], sealed: [])

    static func storedKey(_ id: String) throws -> MasterKey {
        let vector = try #require(all.stored.first { $0.id == id })
        return try MasterKey(storedValue: Array(vector.value.utf8))
    }
}

/// One line of `data/vectors/kes-ciphertexts.json`.
struct CiphertextVector: Decodable, CustomTestStringConvertible {
    let id: String
    let key: Data
    let type: String
    let context: Data
    let plaintext: Data
    let ciphertext: Data

    var testDescription: String { id }

    private struct Document: Decodable { let vectors: [CiphertextVector] }
    static let all = (decoded("kes-ciphertexts.json") as Document?)?.vectors ?? []
}

private func decoded<T: Decodable>(_ name: String) -> T? {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    let file = root.appending(path: "data/vectors/\(name)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return (try? Data(contentsOf: file)).flatMap { try? decoder.decode(T.self, from: $0) }
}

private let time = RFC3339Time(seconds: 1_800_000_000, nanoseconds: 5)

@Suite struct MasterKeyTests {
    @Test func `the vectors are there`() {
        #expect(KeyVectors.all.stored.count == 9)
        #expect(KeyVectors.all.sealed.count == 6)
        #expect(CiphertextVector.all.count == 15)
    }

    @Test(arguments: KeyVectors.all.stored)
    func `every stored shape is read`(_ vector: KeyVectors.Stored) throws {
        let key = try MasterKey(storedValue: Array(vector.value.utf8))
        #expect(key.versions.count == vector.versions)
        #expect(key.versions[0].cipher?.rawValue == vector.cipher)
        #expect(key.createdBy == vector.createdBy)
        let created = vector.createdAt.map { RFC3339Time(seconds: $0[0], nanoseconds: Int32($0[1])) }
        #expect(key.createdAt == created ?? .unknown)
        #expect(key.hmac(Array(vector.hmacMessage ?? Data())) == vector.hmac.map(Array.init))
        // Version 1's key shows in what it opens.
        let master = try #require(SecretKey(vector.key))
        let sealed = KESCiphertext.seal(
            [1, 2], key: master, cipher: key.versions[0].cipher ?? .aes256, context: [3])
        #expect(try key.open(sealed, context: [3]) == [1, 2])
    }

    @Test(arguments: KeyVectors.all.sealed)
    func `ciphertexts of every version open, and with nothing changed`(_ vector: KeyVectors.Sealed) throws {
        let key = try KeyVectors.storedKey(vector.stored)
        #expect(try key.open(Array(vector.ciphertext), context: Array(vector.context)) == Array(vector.plaintext))
        #expect(key.versions.first { Int($0.number) == vector.version }?.uses.opened == 1)
        for position in vector.ciphertext.indices {
            var changed = Array(vector.ciphertext)
            changed[position] ^= 1
            #expect(throws: MasterKey.OpeningFailure.self) { try key.open(changed, context: Array(vector.context)) }
        }
        #expect(throws: MasterKey.OpeningFailure.notAuthentic) {
            try key.open(Array(vector.ciphertext), context: Array(vector.context) + [0])
        }
    }

    @Test(arguments: CiphertextVector.all)
    func `ciphertexts of the original open before and after a rotation`(_ vector: CiphertextVector) throws {
        let master = try #require(SecretKey(vector.key))
        let cipher = try #require(MasterKeyCipher(algorithm: vector.type))
        let key = MasterKey(key: master, cipher: cipher, createdAt: time, createdBy: "me")
        let rotated = try MasterKey(
            storedValue: try MasterKey.rotated(storedValue: key.storedText, createdAt: time, createdBy: "you"))
        for key in [key, rotated] {
            #expect(try key.open(Array(vector.ciphertext), context: Array(vector.context)) == Array(vector.plaintext))
        }
    }

    @Test func `a key without a recorded cipher opens what says for itself how it was made`() throws {
        let vector = try #require(CiphertextVector.all.first { $0.id == "V7" })
        let stored = Array(#"{"bytes":"//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA="}"#.utf8)
        let key = try MasterKey(storedValue: stored)
        #expect(try key.open(Array(vector.ciphertext), context: Array(vector.context)) == Array(vector.plaintext))
        // The original wants a cipher in a protobuf value; that there was none is remembered beside it.
        let rotated = try MasterKey(
            storedValue: try MasterKey.rotated(storedValue: stored, createdAt: time, createdBy: ""))
        #expect(rotated.versions[0].cipher == nil)
        #expect(rotated.createdAt == .unknown)
        #expect(try rotated.open(Array(vector.ciphertext), context: Array(vector.context)) == Array(vector.plaintext))
        #expect(!key.supportsHMAC && rotated.supportsHMAC)
    }

    @Test func `a key is stored as the original stores it, byte for byte`() throws {
        let vector = try #require(KeyVectors.all.stored.first { $0.id == "KV" })
        #expect(try KeyVectors.storedKey("KV").storedText == Array(vector.value.utf8))
        let fresh = MasterKey(createdAt: time, createdBy: "me")
        let again = try MasterKey(storedValue: fresh.storedText)
        #expect(again.storedText == fresh.storedText)
        #expect(again.cipher == .aes256 && again.createdAt == time && again.createdBy == "me")
    }

    @Test func `rotation appends a version and leaves every byte before it`() throws {
        let first = try #require(KeyVectors.all.stored.first { $0.id == "KV" })
        let one = try #require(Base64.decode(first.value))
        let two = try MasterKey.rotated(storedValue: Array(first.value.utf8), createdAt: time, createdBy: "you")
        let three = try MasterKey.rotated(storedValue: two, createdAt: time, createdBy: "her")
        let decodedTwo = try #require(Base64.decode(String(decoding: two, as: UTF8.self)))
        let decodedThree = try #require(Base64.decode(String(decoding: three, as: UTF8.self)))
        #expect(decodedTwo.starts(with: one) && decodedTwo.count > one.count)
        #expect(decodedThree.starts(with: decodedTwo) && decodedThree.count > decodedTwo.count)

        let key = try MasterKey(storedValue: three)
        #expect(key.versions.map(\.number) == [1, 2, 3])
        #expect(key.versions.map(\.createdBy) == [first.createdBy, "you", "her"])
        #expect(key.createdBy == first.createdBy && key.newestVersion == 3)
        #expect(key.hmac([1]) == (try KeyVectors.storedKey("KV").hmac([1])))

        let oldKey = try MasterKey(storedValue: two)
        let sealed = key.seal([7], context: [8])
        #expect(sealed.prefix(8) == [0xc0, 0x4b, 0x56, 0x01, 0, 0, 0, 3])
        #expect(sealed.count == 1 + 44 + 8)
        #expect(try key.open(sealed, context: [8]) == [7])
        #expect(try key.open(oldKey.seal([7], context: [8]), context: [8]) == [7])
        #expect(throws: MasterKey.OpeningFailure.unknownVersion(3)) { try oldKey.open(sealed, context: [8]) }
        #expect(key.versions.map(\.uses.opened) == [0, 1, 1])
        #expect(key.versions.map(\.uses.sealed) == [0, 0, 1])
    }

    @Test func `rotation keeps the cipher, and fields that nobody knows`() throws {
        let imported = MasterKey(key: SecretKey(), cipher: .chaCha20, createdAt: time, createdBy: "")
        var message = try #require(Base64.decode(String(decoding: imported.storedText, as: UTF8.self)))
        // Fields 90 (a number), 91 (bytes), 92 (8 bytes) and 93 (4 bytes).
        message += [0xd0, 0x05, 0x07, 0xda, 0x05, 2, 9, 9, 0xe1, 0x05] + [UInt8](repeating: 1, count: 8)
        message += [0xed, 0x05] + [UInt8](repeating: 1, count: 4)
        let rotated = try MasterKey.rotated(
            storedValue: Array(Base64.encode(message).utf8), createdAt: time, createdBy: "x")
        #expect(try #require(Base64.decode(String(decoding: rotated, as: UTF8.self))).starts(with: message))
        #expect(try MasterKey(storedValue: rotated).versions.map(\.cipher) == [.chaCha20, .chaCha20])
    }

    @Test func `versions end at a thousand`() throws {
        var value = MasterKey(createdAt: time, createdBy: "").storedText
        for _ in 1..<MasterKey.maximumVersionCount {
            value = try MasterKey.rotated(storedValue: value, createdAt: time, createdBy: "")
        }
        #expect(try MasterKey(storedValue: value).versions.count == 1000)
        #expect(value.count < maximumKeyValueByteCount)
        #expect(throws: StoredKeyError.tooManyVersions) {
            try MasterKey.rotated(storedValue: value, createdAt: time, createdBy: "")
        }
    }

    @Test func `a data key is 32 bytes and its ciphertext opens to it`() throws {
        let key = MasterKey(createdAt: time, createdBy: "")
        let (plaintext, ciphertext) = key.generateDataKey(context: [1])
        #expect(plaintext.count == 32 && ciphertext.count == 76)
        #expect(plaintext != key.generateDataKey(context: [1]).plaintext)
        #expect(try key.open(ciphertext, context: [1]) == plaintext)
        #expect(throws: MasterKey.OpeningFailure.notAuthentic) { try key.open(ciphertext, context: []) }
        #expect(key.versions[0].uses.sealed == 2 && key.versions[0].uses.opened == 1)
    }

    @Test func `white space around and in a stored value does not matter`() throws {
        let vector = try #require(KeyVectors.all.stored.first { $0.id == "KV" })
        let broken = " \t" + vector.value.prefix(64) + "\r\n" + vector.value.dropFirst(64) + "\n"
        #expect(try MasterKey(storedValue: Array(broken.utf8)).createdBy == vector.createdBy)
    }
}
