import Cryptography
import Encryption
import TestSupport
import Testing

/// The formats, byte for byte, against vectors that another implementation made.
@Suite struct GoldenVectorTests {
    struct Streams: Decodable {
        struct Vector: Decodable {
            var name, objectKey, versionId, salt, header, sealedSha256, lastTag: String
            var cipher: UInt8
            var partNumber: UInt32
            var plaintextLength, sealedLength: Int
            var sealed: String?
        }
        var vectors: [Vector]
    }

    @Test func `package streams`() throws {
        let vectors = try Vectors.load("package-stream.json", as: Streams.self).vectors
        #expect(!vectors.isEmpty)
        for vector in vectors {
            let key = ObjectKey(try #require(SecretKey(unhex(vector.objectKey))))
            let identity = StreamIdentity(versionID: unhex(vector.versionId), partNumber: vector.partNumber)
            let plaintext = Stream.pattern(vector.plaintextLength)
            let sealer = PackageSealer(
                objectKey: key, identity: identity, plaintextLength: Int64(plaintext.count),
                algorithm: try #require(AEADAlgorithm(rawValue: vector.cipher)), salt: unhex(vector.salt))
            let sealed = Stream.seal(plaintext, with: sealer, inputStep: 4093, outputStep: 1021)
            #expect(sealed.count == vector.sealedLength, "\(vector.name)")
            #expect(hex(sealed.prefix(56)) == vector.header, "\(vector.name)")
            #expect(hex(sealed.suffix(16)) == vector.lastTag, "\(vector.name)")
            #expect(hex(Digest.hash(.sha256, sealed)) == vector.sealedSha256, "\(vector.name)")
            let opened = try Stream.open(
                vector.sealed.map(unhex) ?? sealed, key: key, identity: identity, length: plaintext.count)
            #expect(opened == plaintext, "\(vector.name)")
        }
    }

    struct SealedKeys: Decodable {
        struct Vector: Decodable {
            var name, versionId, dataKey, nonce, objectKey, sealed: String
            var scheme: UInt8
            var bucketId: Int64
        }
        struct Commitment: Decodable {
            var customerKey, versionId, commitment: String
        }
        var vectors: [Vector]
        var commitments: [Commitment]
    }

    @Test func `sealed object keys and commitments`() throws {
        let file = try Vectors.load("key-sealing.json", as: SealedKeys.self)
        #expect(file.vectors.count == EncryptionScheme.allCases.count && !file.commitments.isEmpty)
        for vector in file.vectors {
            let dataKey = try #require(SecretKey(unhex(vector.dataKey)))
            let objectKey = try #require(SecretKey(unhex(vector.objectKey)))
            let binding = KeyBinding(
                scheme: try #require(EncryptionScheme(rawValue: vector.scheme)), bucketID: vector.bucketId,
                versionID: unhex(vector.versionId))
            let sealed = KeySealing.seal(
                ObjectKey(objectKey), under: dataKey, binding: binding, nonce: unhex(vector.nonce))
            #expect(hex(sealed.bytes) == vector.sealed, "\(vector.name)")
            _ = try KeySealing.open(SealedObjectKey(bytes: unhex(vector.sealed)), under: dataKey, binding: binding)
        }
        for vector in file.commitments {
            let key = CustomerKey(key: try #require(SecretKey(unhex(vector.customerKey))), keyMD5: "")
            #expect(hex(key.commitment(versionID: unhex(vector.versionId))) == vector.commitment)
        }
    }

    struct Records: Decodable {
        struct Vector: Decodable {
            var kind, catalogueKey, rowId, associatedData, nonce, record, sealed: String
        }
        var vectors: [Vector]
    }

    @Test func `records`() throws {
        let vectors = try Vectors.load("records.json", as: Records.self).vectors
        #expect(vectors.map(\.kind) == RecordKind.allCases.map { "\($0)" })
        for (vector, kind) in zip(vectors, RecordKind.allCases) {
            let sealer = RecordSealer(catalogueKey: try #require(SecretKey(unhex(vector.catalogueKey))))
            let sealed = sealer.seal(
                unhex(vector.record), kind: kind, id: unhex(vector.rowId), associatedData: unhex(vector.associatedData),
                nonce: unhex(vector.nonce))
            #expect(hex(sealed) == vector.sealed, "\(vector.kind)")
            let opened = try sealer.open(
                sealed, kind: kind, id: unhex(vector.rowId), associatedData: unhex(vector.associatedData))
            #expect(hex(opened) == vector.record, "\(vector.kind)")
        }
    }
}
