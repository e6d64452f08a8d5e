import Cryptography
import KESClient
import KESProtocol
import KeyManagement
import Synchronization
import Testing

@Suite struct KeyServiceTests {
    private func withService(
        _ answer: @escaping @Sendable (String) -> Answer,
        test: (KESKeyService, FakeServer) async throws -> Void
    ) async throws {
        try await withFake(answer) { client, fake in
            try await test(KESKeyService(client: client, defaultKey: try KeyID("main"), logger: silent), fake)
        }
    }

    @Test func `data keys are made and opened under a context`() async throws {
        let plain = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
        try await withService({ request in
            .json(
                request.contains("/generate/")
                    ? #"{"plaintext":"\#(plain)","ciphertext":"AQI="}"#
                    : request.contains("/encrypt/") ? #"{"ciphertext":"AwQ="}"# : #"{"plaintext":"\#(plain)"}"#)
        }) { service, fake in
            let context = KMSContext(["b": "b/<k>"])
            let generated = try await service.generateDataKey(under: service.defaultKey, context: context)
            #expect(generated.wrapped == [1, 2])
            #expect(generated.plaintext.withUnsafeBytes { Array($0) } == Array(0..<32))
            let opened = try await service.decryptDataKey([1, 2], under: try KeyID("other"), context: KMSContext())
            #expect(opened.isEqual(to: generated.plaintext))
            #expect(
                try await service.wrapDataKey(opened, under: service.defaultKey, context: context) == [3, 4])
            let sent = Base64.encode(context.canonicalJSON)
            #expect(
                fake.requests.map { $0.filter { $0 != "\n" } } == [
                    #"POST /v1/key/generate/main {"context":"\#(sent)"}"#,
                    #"POST /v1/key/decrypt/other {"ciphertext":"AQI=","context":"e30="}"#,
                    #"POST /v1/key/encrypt/main {"plaintext":"\#(plain)","context":"\#(sent)"}"#,
                ])
        }
    }

    @Test(arguments: [
        (Answer.fault(404, "key does not exist"), KeyServiceError.keyNotFound("k")),
        (.fault(403, "not authorized: insufficient permissions"), .notAuthorized),
        (.fault(400, "decryption failed: ciphertext is not authentic"), .notAuthentic),
        (.fault(400, "key already exists"), .keyExists("k")),
        (.fault(400, "key does already exist"), .keyExists("k")),
        (.fault(409, "key already exists"), .keyExists("k")),
        (.fault(501, "not here"), .notSupported("not here")),
        (.fault(502, "failed to read key"), .unavailable("KES: 502 failed to read key")),
        (
            .fault(400, "tls: client certificate is required"),
            .unavailable("KES: 400 tls: client certificate is required")
        ),
        (
            Answer(status: 404, type: "text/plain", body: "404 page not found\n"),
            .unavailable("KES: 404 404 page not found")
        ),
    ])
    func `faults become what they mean`(answer: Answer, expected: KeyServiceError) async throws {
        try await withService({ _ in answer }) { service, _ in
            let key = try KeyID("k")
            await #expect(throws: expected) { try await service.decryptDataKey([1], under: key, context: KMSContext()) }
            await #expect(throws: expected) { try await service.describeKey(key) }
        }
    }

    @Test func `a server that is not there is unavailable, with the cause`() async throws {
        let url = Mutex("")
        try await withServers([FakeServer { _ in Answer() }]) { urls in url.withLock { $0 = urls[0] } }
        let address = url.withLock { $0 }
        let service = KESKeyService(
            client: try client([address], timeout: .milliseconds(150)), defaultKey: try KeyID("k"), logger: silent)
        let error = await #expect(throws: KeyServiceError.self) {
            try await service.generateDataKey(under: service.defaultKey, context: KMSContext())
        }
        #expect(error?.description.contains("connection refused") == true)
        let status = await service.status()
        #expect(status.endpoints.map(\.isOnline) == [false])
        #expect(status.endpoints.map(\.name) == [address])
        #expect(status.latency == nil)
        #expect(status.name == "MinIO KES")
    }

    @Test func `names that KES does not take are refused here`() async throws {
        try await withService({ _ in Answer() }) { service, fake in
            await #expect(throws: KeyServiceError.invalidKeyID("_")) { try await service.createKey(try KeyID("_")) }
            #expect(fake.requests.isEmpty)
        }
    }

    @Test func `wrapped keys and data keys of no sensible size are refused`() async throws {
        try await withService({ _ in .json(#"{"plaintext":"AQI=","ciphertext":"AQI="}"#) }) { service, fake in
            let key = service.defaultKey
            await #expect(throws: KeyServiceError.unavailable("KES gave a data key of 2 bytes")) {
                try await service.generateDataKey(under: key, context: KMSContext())
            }
            await #expect(throws: KeyServiceError.unavailable("KES gave a data key of 2 bytes")) {
                try await service.decryptDataKey([1], under: key, context: KMSContext())
            }
            let sent = fake.requests.count
            await #expect(throws: KeyServiceError.notAuthentic) {
                try await service.decryptDataKey(
                    [UInt8](repeating: 0, count: 65537), under: key, context: KMSContext())
            }
            #expect(fake.requests.count == sent)
        }
    }

    @Test func `a key that exists is recognised by looking, too`() async throws {
        try await withService({ request in
            request.hasPrefix("POST") ? .fault(400, "duplicate name") : .json(#"{"name":"k"}"#)
        }) { service, _ in
            await #expect(throws: KeyServiceError.keyExists("k")) { try await service.createKey(try KeyID("k")) }
        }
        try await withService({ request in
            request.hasPrefix("POST") ? .fault(400, "disk full") : .fault(404, "key does not exist")
        }) { service, _ in
            await #expect(throws: KeyServiceError.unavailable("KES: 400 disk full")) {
                try await service.createKey(try KeyID("k"))
            }
        }
    }

    @Test func `keys are described and listed`() async throws {
        try await withService({ request in
            request.contains("/list/")
                ? .json(#"{"names":["a","_","b"]}"#)
                : .json(#"{"name":"a","created_at":"2026-11-21T00:30:50.5Z","created_by":"me"}"#)
        }) { service, _ in
            let description = try await service.describeKey(try KeyID("a"))
            #expect(description.createdAt == 1_795_221_050_500)
            #expect(description.createdBy == "me")
            #expect(try await service.listKeys().map(\.name.name) == ["_", "a", "b"])
            #expect(try await service.hasKey(try KeyID("a")))
            #expect(await service.status().endpoints.map(\.isOnline) == [true])
        }
    }
}
