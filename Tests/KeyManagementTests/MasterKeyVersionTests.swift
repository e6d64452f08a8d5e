import Cryptography
import KeyManagement
import Testing

@Suite struct MasterKeyVersionTests {
    private let key = SecretKey()

    private func wrapped(_ version: UInt32) -> [UInt8] {
        let number = (0..<4).map { UInt8(truncatingIfNeeded: version >> (24 - 8 * $0)) }
        return [0xc0, 0x4b, 0x56, 0x01] + number + KESCiphertext.wrap(SecretKey(), under: key, context: KMSContext())
    }

    @Test func `what a key server and a keyring write names its version`() {
        let first = KESCiphertext.wrap(SecretKey(), under: key, context: KMSContext())
        #expect(MasterKeyVersion(ofDataKey: first) == .number(1))
        #expect(MasterKeyVersion(ofDataKey: wrapped(2)) == .number(2))
        #expect(MasterKeyVersion(ofDataKey: wrapped(0x0102_0304)) == .number(0x0102_0304))
    }

    @Test func `the older forms are of the first version`() throws {
        for vector in KESVector.all where vector.plaintext.count == 32 && vector.ciphertext.count != 76 {
            #expect(MasterKeyVersion(ofDataKey: Array(vector.ciphertext)) == .number(1), "\(vector.id)")
        }
    }

    @Test func `other bytes tell nothing`() {
        for other in [[], wrapped(1), wrapped(0), Array(wrapped(2).dropLast()), [UInt8](repeating: 7, count: 100)] {
            #expect(MasterKeyVersion(ofDataKey: other) == .unknown)
        }
    }

    @Test func `versions are in the order of their numbers, behind what is unknown`() {
        #expect(MasterKeyVersion.number(2) > .number(1))
        #expect(MasterKeyVersion.number(1) > .unknown)
    }
}
