import Cryptography
import KeyManagement
import TestSupport
import Testing

@Suite struct StaticKeyServiceTests {
    static let bytes = Array<UInt8>(0..<32)
    let key = KESVector.all.first { $0.id == "V1" }?.secretKey ?? SecretKey()

    @Test func `a key as base64, and the older form in hexadecimal, are the same key`() async throws {
        let base64 = Base64.encode(Self.bytes)
        let texts: [(String, StaticKeyService.KeyEncoding)] = [
            ("my-key:\(base64)", .base64), ("my-key:\(base64)\n", .base64), (" my-key:\(base64)\r\n", .base64),
            ("my-key:\(hex(Self.bytes))", .hexadecimal), ("my-key:\(hex(Self.bytes).uppercased())\n", .hexadecimal),
        ]
        let context = KMSContext(["a": "b"])
        let wrapped = KESCiphertext.generateDataKey(under: key, context: context)
        for (text, encoding) in texts {
            let service = try StaticKeyService.parse(text, encoding: encoding)
            #expect(service.defaultKey.name == "my-key")
            let dataKey = try await service.decryptDataKey(wrapped.wrapped, under: service.defaultKey, context: context)
            #expect(dataKey.isEqual(to: wrapped.plaintext))
        }
    }

    @Test(arguments: [
        ("", "kms: invalid secret key format"), ("my-key", "kms: invalid secret key format"),
        ("my-key:%%%%", "kms: invalid secret key format"), ("my-key:AAA", "kms: invalid secret key format"),
        ("my-key:YWJj", "kms: invalid key length 3"), ("my-key:", "kms: invalid key length 0"),
        ("my-key:" + Base64.encode([UInt8](repeating: 1, count: 33)), "kms: invalid key length 33"),
        ("my-key:" + String(repeating: "00", count: 32), "kms: invalid key length 48"),
    ])
    func `a flawed key is refused with the known messages`(_ text: String, _ message: String) {
        let error = #expect(throws: StaticKeyError.self) { try StaticKeyService.parse(text) }
        #expect(error?.description == message)
    }

    @Test func `a name that is no key name is refused without showing the key`() throws {
        let text = "my key:\(Base64.encode(Self.bytes))"
        let error = #expect(throws: StaticKeyError.invalidName("my key")) { try StaticKeyService.parse(text) }
        #expect(error?.description.contains("AAEC") == false)
    }

    @Test func `it knows its own key and no other`() async throws {
        let own = try KeyID("own")
        let other = try KeyID("other")
        let service = StaticKeyService(name: own, key: key)
        let context = KMSContext()
        let generated = try await service.generateDataKey(under: own, context: context)
        let opened = try await service.decryptDataKey(generated.wrapped, under: own, context: context)
        #expect(opened.isEqual(to: generated.plaintext))
        await #expect(throws: KeyServiceError.keyNotFound("other")) {
            try await service.generateDataKey(under: other, context: context)
        }
        await #expect(throws: KeyServiceError.keyNotFound("other")) {
            try await service.decryptDataKey(generated.wrapped, under: other, context: context)
        }
        await #expect(throws: KeyServiceError.keyNotFound("other")) { try await service.describeKey(other) }
        await #expect(throws: KeyServiceError.keyExists("own")) { try await service.createKey(own) }
        await #expect(throws: KeyServiceError.notSupported("creating keys beside the static one")) {
            try await service.createKey(other)
        }
        #expect(try await service.listKeys().map(\.name) == [own])
        #expect(try await service.hasKey(own))
        #expect(try await !service.hasKey(other))
        let status = await service.status()
        #expect(status.name == "MinIO builtin" && status.endpoints.first?.name == "127.0.0.1")
    }

    @Test func `another context or an altered key is not authentic`() async throws {
        let own = try KeyID("own")
        let service = StaticKeyService(name: own, key: key)
        let generated = try await service.generateDataKey(under: own, context: KMSContext(["a": "b"]))
        await #expect(throws: KeyServiceError.notAuthentic) {
            try await service.decryptDataKey(generated.wrapped, under: own, context: KMSContext(["a": "c"]))
        }
        await #expect(throws: KeyServiceError.notAuthentic) {
            try await service.decryptDataKey(
                generated.wrapped.dropLast() + [0, 1], under: own, context: KMSContext(["a": "b"]))
        }
    }
}
