import Cryptography
import TestSupport
import Testing

/// RFC 4231 §4 for SHA-256 (test cases 1 to 4, 6 and 7); the same inputs, and RFC 2202's where they agree, for SHA-1.
struct HMACVector: Sendable {
    let key, message: [UInt8]
    let sha256, sha1: String

    static let all: [HMACVector] = [
        HMACVector(
            key: [UInt8](repeating: 0x0b, count: 20), message: Array("Hi There".utf8),
            sha256: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            sha1: "b617318655057264e28bc0b6fb378c8ef146be00"),
        HMACVector(
            key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8),
            sha256: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            sha1: "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        HMACVector(
            key: [UInt8](repeating: 0xaa, count: 20), message: [UInt8](repeating: 0xdd, count: 50),
            sha256: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            sha1: "125d7342b9ac11cd91a39af48aa17b4f63f175d3"),
        HMACVector(
            key: Array(1...25), message: [UInt8](repeating: 0xcd, count: 50),
            sha256: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
            sha1: "4c9007f4026250c6bc8414f9bf50c86c2d7235da"),
        HMACVector(
            key: [UInt8](repeating: 0xaa, count: 131),
            message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            sha256: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            sha1: "90d0dace1c1bdc957339307803160335bde6df2b"),
        HMACVector(
            key: [UInt8](repeating: 0xaa, count: 131),
            message: Array(
                """
                This is a test using a larger than block-size key and a larger than block-size data. The key needs to \
                be hashed before being used by the HMAC algorithm.
                """.utf8),
            sha256: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            sha1: "217e44bb08b6e06a2d6c30f3cb9f537f97c63356"),
    ]
}

@Suite struct MessageAuthenticationTests {
    @Test(arguments: HMACVector.all)
    func `HMAC gives the published codes`(_ vector: HMACVector) {
        #expect(hex(HMACSHA256.code(vector.message, key: vector.key)) == vector.sha256)
        #expect(hex(vector.message.withUnsafeBytes { HMACSHA256.code($0, key: vector.key) }) == vector.sha256)
        #expect(hex(HMACSHA1.code(vector.message, key: vector.key)) == vector.sha1)
    }

    /// RFC 4231, test cases 1 and 6, and a key between the blocks of SHA-256 and of SHA-512, by another implementation.
    @Test func `a digest of longer blocks takes longer keys as they are`() {
        let codes = [
            (
                [UInt8](repeating: 0x0b, count: 20), "Hi There",
                "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
                    + "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"
            ),
            (
                [UInt8](repeating: 0xaa, count: 100), "between blocks",
                "b852f56405254861592048e473f968994b0b10e9b9a4565a35c588f98249a1c2"
                    + "a527475ad6247668f339c5180b3d3788e94ea43c6f13a1c64f248c8dbe9e0e44"
            ),
            (
                [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
                "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
                    + "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"
            ),
        ]
        for (key, message, code) in codes {
            #expect(hex(HMAC.code(Array(message.utf8), key: key, .sha512)) == code)
            #expect(HMAC.code(Array(message.utf8), key: key, .sha256) == HMACSHA256.code(Array(message.utf8), key: key))
        }
    }

    @Test(arguments: [0, 1, 55, 56, 63, 64, 65, 200])
    func `a secret key gives the same code as its bytes`(_ size: Int) {
        let key = SecretKey()
        let bytes = key.withUnsafeBytes { Array($0) }
        let message = [UInt8](repeating: 7, count: size)
        let expected = HMACSHA256.code(message, key: bytes)
        #expect(HMACSHA256.code(message, key: key) == expected)
        #expect(message.withUnsafeBytes { HMACSHA256.code($0, key: key) } == expected)
    }

    @Test func `an empty key and an empty message have a code`() {
        #expect(
            hex(HMACSHA256.code([], key: [UInt8]()))
                == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
        #expect(hex(HMACSHA1.code([], key: [])) == "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d")
    }

    /// RFC 5869, test cases 1 to 3; their outputs are longer and begin with these 32 bytes.
    @Test(
        arguments: [
            (
                [UInt8](repeating: 0x0b, count: 22), Array(0x00...0x0c), Array(0xf0...0xf9),
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
            ),
            (
                Array(0x00...0x4f), Array(0x60...0xaf), Array(0xb0...0xff),
                "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
            ),
            (
                [UInt8](repeating: 0x0b, count: 22), [], [],
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
            ),
        ] as [([UInt8], [UInt8], [UInt8], String)])
    func `HKDF gives the published keys`(_ material: [UInt8], _ salt: [UInt8], _ info: [UInt8], _ expected: String) {
        let derived = material.withUnsafeBytes { HKDFSHA256.derive(from: $0, salt: salt, info: info) }
        #expect(hex(derived.withUnsafeBytes { Array($0) }) == expected)
    }

    @Test func `HKDF separates keys by key, salt and info`() {
        let key = SecretKey()
        let keys = [
            HKDFSHA256.derive(from: key, salt: [], info: []), HKDFSHA256.derive(from: key, salt: [1], info: []),
            HKDFSHA256.derive(from: key, salt: [], info: [1]), HKDFSHA256.derive(from: SecretKey(), salt: [], info: []),
        ]
        for i in keys.indices {
            for j in keys.indices where i != j { #expect(!keys[i].isEqual(to: keys[j])) }
        }
        #expect(HKDFSHA256.derive(from: key, salt: [1], info: [2]).isEqual(to: .derived(key)))
    }
}

extension SecretKey {
    fileprivate static func derived(_ key: SecretKey) -> SecretKey {
        HKDFSHA256.derive(from: key, salt: [1], info: [2])
    }
}
