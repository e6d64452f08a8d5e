import Cryptography
import Testing

/// Against the reference implementation (argon2-cffi 25.1.0).
@Suite struct Argon2idTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let password: [UInt8]
        let salt: [UInt8]
        let passes, kibibytes, lanes: Int
        let key: String

        var testDescription: String { "\(passes) passes, \(kibibytes) KiB, \(lanes) lanes" }
    }

    static let vectors = [
        Vector(
            password: Array("password".utf8), salt: Array("somesalt".utf8), passes: 2, kibibytes: 256, lanes: 1,
            key: "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"),
        Vector(
            password: Array("password".utf8), salt: Array("somesaltsomesalt".utf8), passes: 3, kibibytes: 64, lanes: 4,
            key: "9cb56f6cad0c84f51536569e63acbc47d2fdefaeea4b4f711efb5409e37f34ca"),
        Vector(
            password: [], salt: [UInt8](repeating: 2, count: 16), passes: 1, kibibytes: 65536, lanes: 4,
            key: "426b930ed9078f7a61ea017aee97e688d968f08287d3c25a67feeea8f96ffefe"),
        Vector(
            password: [UInt8](repeating: UInt8(ascii: "x"), count: 200), salt: Array(0..<32), passes: 1,
            kibibytes: 2048,
            lanes: 3, key: "7acd3bd7aa8018aa7fbc9941753715882527d9e307aef1ec7b36b048297ca2a4"),
    ]

    @Test(arguments: vectors)
    func `keys are those of the reference`(vector: Vector) throws {
        let key = try #require(
            vector.password.withUnsafeBytes {
                Argon2id.derive(
                    from: $0, salt: vector.salt, passes: vector.passes, kibibytes: vector.kibibytes, lanes: vector.lanes
                )
            })
        #expect(key.withUnsafeBytes { Hex.encode(Array($0)) } == vector.key)
    }

    @Test(arguments: [(0, 64, 1), (1, 7, 1), (1, 64, 0), (1, 8 << 20, 1), (-1, 64, 1), (1, 64, 9)])
    func `parameters that the algorithm does not know give no key`(passes: Int, kibibytes: Int, lanes: Int) {
        let key = [UInt8](repeating: 1, count: 8).withUnsafeBytes {
            Argon2id.derive(
                from: $0, salt: Array(0..<16), passes: passes, kibibytes: kibibytes, lanes: lanes)
        }
        #expect(key == nil)
    }

    @Test func `a derivation of another kind is that of RFC 7914`() throws {
        // PBKDF2-HMAC-SHA256 ("passwd", "salt", 1), the first 32 of its 64 bytes.
        let key = try #require(
            Array("passwd".utf8).withUnsafeBytes {
                PBKDF2SHA256.derive(from: $0, salt: Array("salt".utf8), iterations: 1)
            })
        #expect(
            key.withUnsafeBytes { Hex.encode(Array($0)) }
                == "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc")
    }
}
