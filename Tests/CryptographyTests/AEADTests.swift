import Cryptography
import TestSupport
import Testing

/// A published example: NIST's GCM test cases 13 to 16 (McGrew and Viega, appendix B) and RFC 8439 §2.8.2.
struct AEADVector: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let algorithm: AEADAlgorithm
    let key, nonce, associatedData, plaintext, sealed: [UInt8]

    init(
        _ name: String, _ algorithm: AEADAlgorithm, key: String, nonce: String, associatedData: String = "",
        plaintext: String, sealed: String
    ) {
        testDescription = name
        self.algorithm = algorithm
        self.key = unhex(key)
        self.nonce = unhex(nonce)
        self.associatedData = unhex(associatedData)
        self.plaintext = unhex(plaintext)
        self.sealed = unhex(sealed)
    }

    var secretKey: SecretKey { SecretKey(key) ?? SecretKey() }

    static let all: [AEADVector] = [
        AEADVector(
            "GCM 13", .aes256GCM, key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: 12),
            plaintext: "", sealed: "530f8afbc74536b9a963b4f1c4cb738b"),
        AEADVector(
            "GCM 14", .aes256GCM, key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: 12),
            plaintext: String(repeating: "00", count: 16),
            sealed: "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"),
        AEADVector(
            "GCM 15", .aes256GCM, key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            nonce: "cafebabefacedbaddecaf888",
            plaintext: """
                d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525
                b16aedf5aa0de657ba637b391aafd255
                """,
            sealed: """
                522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838
                c5f61e6393ba7a0abcc9f662898015ad b094dac5d93471bdec1a502270e3cc6c
                """),
        AEADVector(
            "GCM 16", .aes256GCM, key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            nonce: "cafebabefacedbaddecaf888", associatedData: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            plaintext: """
                d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525
                b16aedf5aa0de657ba637b39
                """,
            sealed: """
                522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838
                c5f61e6393ba7a0abcc9f662 76fc6ece0f4e1768cddf8853bb2d551b
                """),
        AEADVector(
            "RFC 8439 §2.8.2", .chaCha20Poly1305,
            key: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
            nonce: "070000004041424344454647", associatedData: "50515253c0c1c2c3c4c5c6c7",
            plaintext: hex(
                Array(
                    """
                    Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
                    sunscreen would be it.
                    """.utf8)),
            sealed: """
                d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b
                1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc
                3ff4def08e4b7a9de576d26586cec64b6116 1ae10b594f09e26a7e902ecbd0600691
                """),
    ]
}

@Suite struct AEADTests {
    @Test(arguments: AEADVector.all)
    func `published vectors seal and open`(_ vector: AEADVector) throws {
        let sealed = AEAD.seal(
            vector.plaintext, key: vector.secretKey, nonce: vector.nonce, associatedData: vector.associatedData,
            algorithm: vector.algorithm)
        #expect(hex(sealed) == hex(vector.sealed))
        let opened = try AEAD.open(
            vector.sealed, key: vector.secretKey, nonce: vector.nonce, associatedData: vector.associatedData,
            algorithm: vector.algorithm)
        #expect(opened == vector.plaintext)
    }

    @Test(arguments: AEADVector.all)
    func `a flipped bit anywhere is noticed`(_ vector: AEADVector) throws {
        for position in vector.sealed.indices {
            var sealed = vector.sealed
            sealed[position] ^= 1 << (position & 7)
            #expect(throws: AuthenticationFailure.self) {
                try AEAD.open(
                    sealed, key: vector.secretKey, nonce: vector.nonce, associatedData: vector.associatedData,
                    algorithm: vector.algorithm)
            }
        }
    }

    @Test(arguments: AEADVector.all)
    func `another key, nonce, associated data or algorithm does not open`(_ vector: AEADVector) {
        func expectRefusal(
            key: SecretKey? = nil, nonce: [UInt8]? = nil, associatedData: [UInt8]? = nil,
            algorithm: AEADAlgorithm? = nil
        ) {
            #expect(throws: AuthenticationFailure.self) {
                try AEAD.open(
                    vector.sealed, key: key ?? vector.secretKey, nonce: nonce ?? vector.nonce,
                    associatedData: associatedData ?? vector.associatedData, algorithm: algorithm ?? vector.algorithm)
            }
        }
        expectRefusal(key: SecretKey())
        expectRefusal(nonce: vector.nonce.dropLast() + [vector.nonce[11] ^ 1])
        expectRefusal(associatedData: vector.associatedData + [0])
        expectRefusal(algorithm: vector.algorithm == .aes256GCM ? .chaCha20Poly1305 : .aes256GCM)
    }

    @Test(arguments: AEADAlgorithm.allCases, 0..<16)
    func `what is shorter than a tag does not open`(_ algorithm: AEADAlgorithm, _ count: Int) {
        #expect(throws: AuthenticationFailure.self) {
            try AEAD.open(
                [UInt8](repeating: 0, count: count), key: SecretKey(), nonce: SecureRandom.bytes(12),
                associatedData: [], algorithm: algorithm)
        }
    }

    @Test func `a nonce of another length is a programming error`() async {
        await #expect(processExitsWith: .failure) {
            _ = AEAD.seal([], key: SecretKey(), nonce: SecureRandom.bytes(16), associatedData: [])
        }
    }
}
