import Cryptography
import TestSupport
import Testing

@Suite struct SecretsTests {
    @Test func `a secret key is a copy of exactly 32 bytes`() throws {
        let bytes = Array<UInt8>(0..<32)
        let key = try #require(SecretKey(bytes))
        #expect(key.withUnsafeBytes { Array($0) } == bytes)
        #expect(SecretKey(bytes[...]) != nil)
        for count in [0, 1, 16, 31, 33, 64] { #expect(SecretKey([UInt8](repeating: 1, count: count)) == nil) }
    }

    @Test func `keys compare by their bytes`() throws {
        let bytes = SecureRandom.bytes(32)
        let key = try #require(SecretKey(bytes))
        #expect(key.isEqual(to: try #require(SecretKey(bytes))))
        for position in bytes.indices {
            var other = bytes
            other[position] ^= 0x80
            #expect(!key.isEqual(to: try #require(SecretKey(other))))
        }
        #expect(!SecretKey().isEqual(to: SecretKey()))
    }

    @Test func `random bytes have the length asked for and differ`() {
        for count in [0, 1, 12, 32, 1000] { #expect(SecureRandom.bytes(count).count == count) }
        #expect(SecureRandom.bytes(32) != SecureRandom.bytes(32))
        var partly = [UInt8](repeating: 0, count: 64)
        partly.withUnsafeMutableBytes { SecureRandom.fill(UnsafeMutableRawBufferPointer(rebasing: $0[16..<48])) }
        #expect(partly[..<16].allSatisfy { $0 == 0 } && partly[48...].allSatisfy { $0 == 0 })
        #expect(partly[16..<48].contains { $0 != 0 })
    }

    @Test func `constant-time comparison agrees with the ordinary one`() {
        let bytes = SecureRandom.bytes(40)
        #expect(constantTimeEqual(bytes, bytes))
        #expect(constantTimeEqual(bytes[10...], Array(bytes[10...])))
        #expect(constantTimeEqual(Array(bytes.reversed()), bytes.reversed()))
        #expect(constantTimeEqual([UInt8](), "".utf8))
        #expect(constantTimeEqual("abc".utf8, Array("abc".utf8)))
        #expect(!constantTimeEqual(bytes, bytes.dropLast()))
        #expect(!constantTimeEqual(bytes, bytes.dropLast() + [bytes[39] ^ 1]))
    }

    @Test func `wiping leaves zeros`() {
        var bytes = SecureRandom.bytes(100)
        wipe(&bytes)
        #expect(bytes == [UInt8](repeating: 0, count: 100))
        var none: [UInt8] = []
        wipe(&none)
        #expect(none.isEmpty)
    }

    @Test func `keys lie in memory that is locked as far as the process may lock any`() {
        let keys = (0..<5000).map { _ in SecretKey() }
        let memory = SecretMemory.state
        #expect(memory.lockedBytes + memory.unlockedBytes >= 5000 * SecretKey.byteCount)
        #expect((memory.unlockedBytes == 0) == (memory.lockError == 0))
        // Every key has its own place.
        let places = Set(keys.map { key in key.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } })
        #expect(places.count == 5000)
    }

    @Test func `a key's place is wiped, and zero for the next one`() {
        for _ in 0..<100 {
            #expect(SecretKey().withUnsafeBytes { $0.contains { $0 != 0 } })
            var found: [UInt8] = []
            _ = SecretKey { found = Array($0) }
            #expect(found == [UInt8](repeating: 0, count: 32))
        }
    }
}
