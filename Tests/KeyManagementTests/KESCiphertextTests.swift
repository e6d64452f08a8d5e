import Cryptography
import Foundation
import KeyManagement
import TestSupport
import Testing

/// One line of `data/vectors/kes-ciphertexts.json`; its provenance is in the file.
struct KESVector: Decodable, Sendable, CustomTestStringConvertible {
    let id: String
    let key: Data
    let type: String
    let context: Data
    let plaintext: Data
    let ciphertext: Data

    var testDescription: String { id }
    var secretKey: SecretKey { SecretKey(key) ?? SecretKey() }
    var cipher: MasterKeyCipher { MasterKeyCipher(rawValue: type) ?? .aes256 }

    private struct Document: Decodable { let vectors: [KESVector] }

    static let all: [KESVector] = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appending(path: "data/vectors/kes-ciphertexts.json")
        let document = (try? Data(contentsOf: file)).flatMap { try? JSONDecoder().decode(Document.self, from: $0) }
        return document?.vectors ?? []
    }()

    static func named(_ id: String) throws -> KESVector { try #require(all.first { $0.id == id }) }
}

@Suite struct KESCiphertextTests {
    @Test func `the vectors are there`() {
        #expect(KESVector.all.count == 15)
    }

    @Test(arguments: KESVector.all)
    func `every layout ever written opens`(_ vector: KESVector) throws {
        let opened = try KESCiphertext.open(
            Array(vector.ciphertext), key: vector.secretKey, cipher: vector.cipher, context: Array(vector.context))
        #expect(opened == Array(vector.plaintext))
    }

    @Test(arguments: ["V1", "V2", "V3", "V4", "V5", "V11", "V12"])
    func `what is written is today's layout, bit for bit`(_ id: String) throws {
        let vector = try KESVector.named(id)
        let sealed = KESCiphertext.seal(
            Array(vector.plaintext), key: vector.secretKey, cipher: vector.cipher, context: Array(vector.context),
            random: Array(0x40...0x5b))
        #expect(sealed == Array(vector.ciphertext))
    }

    @Test(arguments: KESVector.all)
    func `another key, cipher or context does not open`(_ vector: KESVector) {
        let other: MasterKeyCipher = vector.cipher == .aes256 ? .chaCha20 : .aes256
        for (key, cipher, context) in [
            (SecretKey(), vector.cipher, Array(vector.context)), (vector.secretKey, other, Array(vector.context)),
            (vector.secretKey, vector.cipher, Array(vector.context) + [0]),
        ] {
            #expect(throws: AuthenticationFailure.self) {
                try KESCiphertext.open(Array(vector.ciphertext), key: key, cipher: cipher, context: context)
            }
        }
    }

    @Test(arguments: ["V1", "V2", "V3", "V5", "V11", "V12"])
    func `a flipped bit anywhere in a raw ciphertext is noticed`(_ id: String) throws {
        let vector = try KESVector.named(id)
        for position in vector.ciphertext.indices {
            var ciphertext = Array(vector.ciphertext)
            ciphertext[position] ^= 1
            #expect(throws: AuthenticationFailure.self) {
                try KESCiphertext.open(
                    ciphertext, key: vector.secretKey, cipher: vector.cipher, context: Array(vector.context))
            }
        }
    }

    @Test(arguments: KESVector.all)
    func `every truncation is refused and none of them crashes`(_ vector: KESVector) {
        for count in 0..<vector.ciphertext.count {
            #expect(throws: AuthenticationFailure.self) {
                try KESCiphertext.open(
                    Array(vector.ciphertext.prefix(count)), key: vector.secretKey, cipher: vector.cipher,
                    context: Array(vector.context))
            }
        }
    }

    @Test func `a key without a recorded cipher goes by what the ciphertext declares`() throws {
        for id in ["V6", "V7", "V8", "V9", "V1"] {
            let vector = try KESVector.named(id)
            let opened = try KESCiphertext.open(
                Array(vector.ciphertext), key: vector.secretKey, cipher: nil, context: Array(vector.context))
            #expect(opened == Array(vector.plaintext))
        }
    }

    @Test func `the id inside an old ciphertext is not checked`() throws {
        let vector = try KESVector.named("V10")
        var ciphertext = Array(vector.ciphertext)
        ciphertext[12] ^= 1
        let opened = try KESCiphertext.open(
            ciphertext, key: vector.secretKey, cipher: .aes256, context: Array(vector.context))
        #expect(opened == Array(vector.plaintext))
    }

    @Test(arguments: MasterKeyCipher.allCases, [0, 1, 32, 1000])
    func `sealed and opened again, whatever the length`(_ cipher: MasterKeyCipher, _ count: Int) throws {
        let key = SecretKey()
        let plaintext = SecureRandom.bytes(count)
        let sealed = KESCiphertext.seal(plaintext, key: key, cipher: cipher, context: [1, 2])
        #expect(sealed.count == count + KESCiphertext.overhead)
        #expect(sealed != KESCiphertext.seal(plaintext, key: key, cipher: cipher, context: [1, 2]))
        #expect(try KESCiphertext.open(sealed, key: key, cipher: cipher, context: [1, 2]) == plaintext)
    }

    @Test func `a data key is 76 bytes wrapped, and other lengths are no data key`() throws {
        let key = SecretKey()
        let context = KMSContext(["bucket": "bucket/object"])
        let generated = KESCiphertext.generateDataKey(under: key, context: context)
        #expect(generated.wrapped.count == 76)
        let opened = try KESCiphertext.openDataKey(generated.wrapped, key: key, context: context)
        #expect(opened.isEqual(to: generated.plaintext))
        let short = KESCiphertext.seal(SecureRandom.bytes(16), key: key, context: context.canonicalJSON)
        #expect(throws: KeyServiceError.notAuthentic) {
            try KESCiphertext.openDataKey(short, key: key, context: context)
        }
    }
}
