import Cryptography
import Encryption
import Testing

@Suite struct KeySealingTests {
    let dataKey = SecretKey()
    let key = ObjectKey()
    let binding = KeyBinding(scheme: .sseS3, bucketID: 7, versionID: Array(1...16))

    @Test(arguments: EncryptionScheme.allCases)
    func `an object key opens under what it was sealed with`(scheme: EncryptionScheme) throws {
        let binding = KeyBinding(scheme: scheme, bucketID: .max, versionID: Array(1...16))
        let sealed = KeySealing.seal(key, under: dataKey, binding: binding)
        #expect(sealed.bytes.count == SealedObjectKey.size)
        let opened = try KeySealing.open(sealed, under: dataKey, binding: binding)
        // The key itself is not to be seen; a stream tells.
        let stream = Stream.seal([1, 2, 3], key: key)
        #expect(try Stream.open(stream, key: opened, length: 3) == [1, 2, 3])
    }

    @Test func `no other scheme, bucket, version or data key opens it`() {
        let sealed = KeySealing.seal(key, under: dataKey, binding: binding)
        var others = [binding, binding, binding, binding]
        others[0].scheme = .sseKMS
        others[1].scheme = .sseC
        others[2].bucketID = 8
        others[3].versionID[15] ^= 1
        for other in others {
            #expect(throws: AuthenticationFailure.self) { try KeySealing.open(sealed, under: dataKey, binding: other) }
        }
        #expect(throws: AuthenticationFailure.self) {
            try KeySealing.open(sealed, under: SecretKey(), binding: binding)
        }
    }

    @Test func `no byte of it can be changed, none left out or added`() {
        let sealed = KeySealing.seal(key, under: dataKey, binding: binding).bytes
        var damaged = sealed.indices.map { index in
            var bytes = sealed
            bytes[index] ^= 1
            return bytes
        }
        damaged += [[], Array(sealed.prefix(12)), Array(sealed.prefix(28)), Array(sealed.dropLast()), sealed + [0]]
        for bytes in damaged {
            #expect(throws: AuthenticationFailure.self) {
                try KeySealing.open(SealedObjectKey(bytes: bytes), under: dataKey, binding: binding)
            }
        }
    }

    @Test func `sealing twice gives different bytes`() {
        let sealed = (0..<2).map { _ in KeySealing.seal(key, under: dataKey, binding: binding) }
        #expect(sealed[0] != sealed[1])
    }
}

@Suite struct CustomerKeyTests {
    let customerKey = CustomerKey(key: SecretKey(), keyMD5: "")
    let binding = KeyBinding(scheme: .sseC, bucketID: 7, versionID: Array(1...16))

    @Test func `a wrong key and corruption are told apart`() throws {
        let commitment = customerKey.commitment(versionID: binding.versionID)
        let sealed = KeySealing.seal(ObjectKey(), under: customerKey.key, binding: binding)
        _ = try KeySealing.open(sealed, under: customerKey, commitment: commitment, binding: binding)

        let other = CustomerKey(key: SecretKey(), keyMD5: "")
        #expect(throws: CustomerKeyError.wrongKey) {
            try KeySealing.open(sealed, under: other, commitment: commitment, binding: binding)
        }
        var damaged = sealed.bytes
        damaged[20] ^= 1
        #expect(throws: CustomerKeyError.notAuthentic) {
            try KeySealing.open(
                SealedObjectKey(bytes: damaged), under: customerKey, commitment: commitment, binding: binding)
        }
    }

    @Test func `commitments differ from version to version`() {
        let commitment = customerKey.commitment(versionID: Array(1...16))
        #expect(commitment.count == 32)
        #expect(commitment != customerKey.commitment(versionID: Array(2...17)))
        #expect(customerKey.matches(commitment: commitment, versionID: Array(1...16)))
        #expect(!customerKey.matches(commitment: commitment, versionID: Array(2...17)))
        #expect(!customerKey.matches(commitment: [], versionID: Array(1...16)))
        #expect(!customerKey.matches(commitment: commitment.dropLast(), versionID: Array(1...16)))
    }
}
