package import Cryptography
package import KeyManagement
package import ObjectStorage

/// The catalogue key as the drive keeps it: wrapped under a KMS key, in a setting of its own.
///
/// A setting and not a data-key row: it is written in one step with the drive's first start, and nothing counts its uses.
package struct CatalogueKey: Sendable {
    package let kmsKey: KeyID
    private let wrapped: [UInt8]

    private static let setting = "catalogue-key"
    /// Binds the key to its purpose: no object's data key can be put in its place.
    private static let context = KMSContext(["coffer": "catalogue"])

    /// The drive's catalogue key; `nil` on a new drive.
    package static func stored(in store: ObjectStore) throws -> CatalogueKey? {
        guard let bytes = try store.setting(setting) else { return nil }
        do {
            var decoder = try RecordDecoder(bytes)
            guard let name = try decoder.next(), let wrapped = try decoder.next() else { throw RecordMalformed() }
            return CatalogueKey(kmsKey: try KeyID(name.string), wrapped: wrapped.bytes)
        } catch {
            throw Corruption(what: "the drive's catalogue key")
        }
    }

    /// Makes the catalogue key of a new drive under the service's default key, durable when this returns.
    package static func create(in store: ObjectStore, service: any KeyService) async throws -> CatalogueKey {
        let generated = try await service.generateDataKey(under: service.defaultKey, context: context)
        let key = CatalogueKey(kmsKey: service.defaultKey, wrapped: generated.wrapped)
        try await key.write(to: store)
        return key
    }

    /// The same key wrapped under another one of the service; `nil`, with nothing done, when it stands there already.
    func moved(to key: KeyID, in store: ObjectStore, service: any KeyService) async throws -> CatalogueKey? {
        if kmsKey == key, try await !service.isOfFormerService(wrapped, under: key, context: Self.context) {
            return nil
        }
        let plain = try await open(with: service)
        let moved = CatalogueKey(
            kmsKey: key, wrapped: try await service.wrapDataKey(plain, under: key, context: Self.context))
        try await moved.write(to: store)
        return moved
    }

    private func write(to store: ObjectStore) async throws {
        var encoder = RecordEncoder()
        encoder.put(Tag.kmsKey, kmsKey.name)
        encoder.put(Tag.wrapped, wrapped)
        try await store.setSetting(Self.setting, encoder.bytes)
    }

    package func open(with service: any KeyService) async throws(KeyServiceError) -> SecretKey {
        try await service.decryptDataKey(wrapped, under: kmsKey, context: Self.context)
    }

    private enum Tag: UInt8 { case kmsKey = 1, wrapped }
}
