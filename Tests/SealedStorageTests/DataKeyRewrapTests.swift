import Cryptography
import KeyManagement
import ObjectStorage
import SealedStorage
import TestSupport
import Testing

@Suite struct DataKeyRewrapTests {
    let directory: TemporaryDirectory
    let store: ObjectStore
    let service: RotatingKeyService

    init() throws {
        directory = try TemporaryDirectory()
        store = try ObjectStore.open("\(directory.path)/drive")
        service = try RotatingKeyService("main", "doomed", "second")
    }

    /// As after a restart: with no data key in memory.
    private var dataKeys: DataKeys {
        DataKeys(service: service, store: store, cache: DataKeyCache(service: service), clock: { 0 })
    }

    private func add(_ count: Int, under name: String) async throws {
        for _ in 0..<count {
            let context = KMSContext(["bucket": "b"])
            let generated = try await service.generateDataKey(under: try KeyID(name), context: context)
            try await store.insertDataKey(
                DataKeyRow(
                    id: try store.nextDataKeyID(), kmsKey: name, wrapped: generated.wrapped,
                    context: context.canonicalJSON,
                    created: 0, isShared: true))
        }
    }

    private func rewrap(to name: String) async throws -> DataKeyRewrap.Outcome {
        try await DataKeyRewrap(dataKeys, to: try KeyID(name)).run { _ in }
    }

    private func counts() async throws -> [String] {
        try await dataKeys.counts().map(text)
    }

    private func text(_ count: DataKeyCount) -> String { "\(count.kmsKey) \(count.version): \(count.count)" }

    @Test func `after a rotation what older versions wrap moves to the newest`() async throws {
        _ = try await CatalogueKey.create(in: store, service: service)
        try await add(20, under: "main")
        service.rotate("main")
        try await add(5, under: "main")
        #expect(try await counts() == ["main version 1: 20", "main version 2: 5"])
        let outcome = try await rewrap(to: "main")
        #expect(outcome.moved == 20 && outcome.left.isEmpty && outcome.failures.count == 0)
        #expect(try await counts() == ["main version 2: 25"])
        let catalogueKey = try #require(try dataKeys.catalogueKey())
        #expect(catalogueKey.version == .number(2))
        _ = try await catalogueKey.open(with: service)
        for row in try await store.dataKeys(after: nil, limit: 100) { _ = try await dataKeys.key(of: row) }
        #expect(try await rewrap(to: "main").moved == 0)
    }

    @Test func `data keys whose key is gone stay and are told, the others move`() async throws {
        for _ in 0..<3 {
            try await add(10, under: "main")
            try await add(2, under: "doomed")
        }
        service.delete("doomed")
        let outcome = try await rewrap(to: "second")
        #expect(outcome.moved == 30)
        #expect(outcome.left.map(text) == ["doomed version 1: 6"])
        #expect(outcome.failures.count == 6 && outcome.failures.named.count == 6)
        #expect(outcome.failures.causes == ["there is no key “doomed”": 6])
        #expect(try await counts() == ["doomed version 1: 6", "second version 1: 30"])
    }

    @Test func `a damaged row stays and is told, the others move`() async throws {
        try await add(3, under: "main")
        let generated = try await service.generateDataKey(under: service.defaultKey, context: KMSContext())
        try await store.insertDataKey(
            DataKeyRow(
                id: try store.nextDataKeyID(), kmsKey: "main", wrapped: generated.wrapped, context: [0xff], created: 0,
                isShared: true
            ))
        let outcome = try await rewrap(to: "second")
        #expect(outcome.moved == 3 && outcome.failures.causes == ["damaged at rest": 1])
    }

    @Test func `the list of failures is bounded, their number is not`() async throws {
        try await add(150, under: "doomed")
        service.delete("doomed")
        let failures = try await rewrap(to: "main").failures
        #expect(failures.count == 150 && failures.named.count == 100)
    }

    @Test func `a key service that goes away ends it, and the rest moves later`() async throws {
        try await add(300, under: "main")
        await #expect(throws: KeyServiceError.unavailable("away")) {
            try await DataKeyRewrap(dataKeys, to: try KeyID("second")).run { progress in
                if progress.moved > 0 { service.goAway() }
            }
        }
        #expect(try await counts().count == 2)
    }

    @Test func `a target that is not there ends it before anything moves`() async throws {
        try await add(3, under: "main")
        await #expect(throws: KeyServiceError.keyNotFound("nobody")) { try await rewrap(to: "nobody") }
        #expect(try await counts() == ["main version 1: 3"])
    }
}
