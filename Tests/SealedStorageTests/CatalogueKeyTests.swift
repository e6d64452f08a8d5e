import Cryptography
import KeyManagement
import ObjectStorage
import SealedStorage
import TestSupport
import Testing

@Suite struct CatalogueKeyTests {
    let directory: TemporaryDirectory
    let store: ObjectStore
    let service: RotatingKeyService

    init() throws {
        directory = try TemporaryDirectory()
        store = try ObjectStore.open("\(directory.path)/drive")
        service = try RotatingKeyService("main")
    }

    private enum Tag: UInt8 { case kmsKey = 1, wrapped, driveID }

    @Test func `the key is bound to its drive`() async throws {
        let created = try await CatalogueKey.create(in: store, service: service)
        let stored = try #require(try CatalogueKey.stored(in: store))
        #expect(try await stored.open(with: service).isEqual(to: try await created.open(with: service)))
        let driveID = try #require(try store.settingAtHand("drive-id"))
        // The last one says that the drive has a history's head.
        #expect(driveID.count == 17)

        var decoder = try RecordDecoder(try #require(try store.settingAtHand("catalogue-key")))
        let wrapped = try [decoder.next(), decoder.next()].compactMap { $0?.bytes }[1]
        for context in [["coffer": "catalogue"], ["coffer": "catalogue", "drive": String(repeating: "0", count: 32)]] {
            await #expect(throws: KeyServiceError.notAuthentic) {
                try await service.decryptDataKey(wrapped, under: service.defaultKey, context: KMSContext(context))
            }
        }
        _ = try await service.decryptDataKey(
            wrapped, under: service.defaultKey,
            context: KMSContext(["coffer": "catalogue", "drive": Hex.encode(driveID)]))
    }

    @Test func `another drive's key is refused`() async throws {
        let other = try ObjectStore.open("\(directory.path)/other")
        _ = try await CatalogueKey.create(in: other, service: service)
        _ = try await CatalogueKey.create(in: store, service: service)
        let foreign = try #require(try other.settingAtHand("catalogue-key"))
        let own = try store.settingAtHand("catalogue-key")
        #expect(try await store.setSetting("catalogue-key", foreign, replacing: own) == .swapped)
        #expect(throws: Corruption.self) { try CatalogueKey.stored(in: store) }
    }

    @Test func `a drive from before drives had identifiers opens as ever`() async throws {
        let generated = try await service.generateDataKey(
            under: service.defaultKey, context: KMSContext(["coffer": "catalogue"]))
        var encoder = RecordEncoder()
        encoder.put(Tag.kmsKey, "main")
        encoder.put(Tag.wrapped, generated.wrapped)
        #expect(try await store.setSetting("catalogue-key", encoder.bytes, replacing: nil) == .swapped)
        let stored = try #require(try CatalogueKey.stored(in: store))
        #expect(try await stored.open(with: service).isEqual(to: generated.plaintext))
    }
}
