package import Cryptography
package import KeyManagement
package import ObjectStorage

/// The catalogue key as the drive keeps it: wrapped under a KMS key, in a setting of its own.
///
/// A setting and not a data-key row: it is written in one step with the drive's first start, and nothing counts its uses.
package struct CatalogueKey: Sendable {
    package let kmsKey: KeyID
    /// The version of the KMS key that wraps it.
    package var version: MasterKeyVersion { MasterKeyVersion(ofDataKey: wrapped) }
    private let wrapped: [UInt8]
    /// 16 bytes, and one more where the drive has had rollback evidence from its beginning; nil on a drive that is older
    /// than its identifier.
    private let driveID: [UInt8]?

    private static let setting = "catalogue-key"
    private static let driveSetting = "drive-id"
    /// The settings that are not sealed: they are what it takes to open the others.
    static let settings: Set = [setting, driveSetting]

    /// Binds the key to its purpose, so that no object's data key can be put in its place, and to its drive: the key
    /// service's log tells which one asks.
    private var context: KMSContext { Self.context(driveID) }

    private static func context(_ driveID: [UInt8]?) -> KMSContext {
        var context = KMSContext(["coffer": "catalogue"])
        if let driveID { context.pairs["drive"] = Hex.encode(driveID) }
        return context
    }

    /// Whether the drive has had rollback evidence from its beginning: its identifier says so, which the catalogue key is
    /// bound to.
    static func hasHistory(_ store: ObjectStore) throws(StorageError) -> Bool {
        hasHistory(driveID: try store.settingAtHand(driveSetting) ?? [])
    }

    static func hasHistory(_ snapshot: CatalogueSnapshot) throws(StorageError) -> Bool {
        hasHistory(driveID: try snapshot.setting(driveSetting) ?? [])
    }

    private static func hasHistory(driveID: [UInt8]) -> Bool { driveID.count == 17 && driveID[16] == 1 }

    /// The drive's catalogue key; `nil` on a new drive.
    package static func stored(in store: ObjectStore) throws -> CatalogueKey? {
        try stored { (name) throws(StorageError) in try store.settingAtHand(name) }
    }

    /// The catalogue key of the drive that a copy of a catalogue is of.
    package static func stored(in snapshot: CatalogueSnapshot) throws -> CatalogueKey? {
        try stored { (name) throws(StorageError) in try snapshot.setting(name) }
    }

    /// The identifier of the drive that a copy of a catalogue is of: 16 or 17 bytes; `nil` of one that is older than identifiers.
    package static func driveIdentifier(of snapshot: CatalogueSnapshot) throws -> [UInt8]? {
        try snapshot.setting(driveSetting)
    }

    private static func stored(_ read: (String) throws(StorageError) -> [UInt8]?) throws -> CatalogueKey? {
        guard let bytes = try read(setting) else { return nil }
        let key: CatalogueKey
        do {
            var decoder = try RecordDecoder(bytes)
            guard let name = try decoder.next(), let wrapped = try decoder.next() else { throw RecordMalformed() }
            key = CatalogueKey(
                kmsKey: try KeyID(name.string), wrapped: wrapped.bytes, driveID: try decoder.next()?.bytes)
        } catch {
            throw Corruption(what: "the drive's catalogue key")
        }
        guard try key.driveID == nil || key.driveID == read(driveSetting) else {
            throw Corruption(what: "the catalogue key, which is another drive's, or the drive's identifier")
        }
        return key
    }

    /// Makes the catalogue key of a new drive under the service's default key, durable when this returns; or the one that
    /// another has made meanwhile.
    package static func create(in store: ObjectStore, service: any KeyService) async throws -> CatalogueKey {
        let driveID = try await identifier(of: store)
        let generated = try await service.generateDataKey(under: service.defaultKey, context: context(driveID))
        let key = CatalogueKey(kmsKey: service.defaultKey, wrapped: generated.wrapped, driveID: driveID)
        if case .changed = try await key.write(to: store, replacing: nil), let other = try stored(in: store) {
            return other
        }
        return key
    }

    /// The drive's identifier: made when there is none, and durable before anything refers to it.
    private static func identifier(of store: ObjectStore) async throws -> [UInt8] {
        if let known = try store.settingAtHand(driveSetting) { return known }
        let new = SecureRandom.bytes(16) + [1]
        if case .changed(let other?) = try await store.setSetting(driveSetting, new, replacing: nil) { return other }
        return new
    }

    /// The catalogue key wrapped under another key of the service, or under the newest version of its own; `nil`, with
    /// nothing done, when it is wrapped so already.
    func moved(
        to key: KeyID, newest: MasterKeyVersion, in store: ObjectStore, service: any KeyService
    ) async throws -> CatalogueKey? {
        if kmsKey == key, version >= newest,
            try await !service.isOfFormerService(wrapped, under: key, context: context)
        {
            return nil
        }
        let plain = try await open(with: service)
        let moved = CatalogueKey(
            kmsKey: key, wrapped: try await service.wrapDataKey(plain, under: key, context: context), driveID: driveID)
        if case .changed = try await moved.write(to: store, replacing: encoded) { return try Self.stored(in: store) }
        return moved
    }

    private func write(to store: ObjectStore, replacing present: [UInt8]?) async throws -> SwapOutcome {
        try await store.setSetting(Self.setting, encoded, replacing: present)
    }

    private var encoded: [UInt8] {
        var encoder = RecordEncoder()
        encoder.put(Tag.kmsKey, kmsKey.name)
        encoder.put(Tag.wrapped, wrapped)
        if let driveID { encoder.put(Tag.driveID, driveID) }
        return encoder.bytes
    }

    package func open(with service: any KeyService) async throws(KeyServiceError) -> SecretKey {
        try await service.decryptDataKey(wrapped, under: kmsKey, context: context)
    }

    private enum Tag: UInt8 { case kmsKey = 1, wrapped, driveID }
}
