import Encryption
import ObjectStorage

/// Bytes that a request brought and that must be known to be whole before anything is made of them: encrypted on the drive
/// under a key that is nowhere else than here, and gone with this, or with the process.
package final class SpooledBytes: Sendable {
    private let store: ObjectStore
    private let blob: FinishedBlob
    private let key: ObjectKey
    private let length: Int64

    fileprivate init(_ store: ObjectStore, _ blob: FinishedBlob, _ key: ObjectKey, length: Int64) {
        self.store = store
        self.blob = blob
        self.key = key
        self.length = length
    }

    deinit { store.discard(blob) }

    /// The bytes from the beginning.
    package func body() -> ObjectBody {
        let identity = StreamIdentity(versionID: blob.id.bytes, partNumber: Objects.spoolPart)
        return ObjectBody(
            store: store, objectKey: key,
            segments: [.init(source: .blob(blob.id), identity: identity, size: length, wanted: 0..<length)],
            name: "(upload)", lease: nil)
    }
}

extension Objects {
    /// No part has this number.
    fileprivate static let spoolPart = UInt32.max

    /// Takes all bytes of a source, which has verified them when this returns.
    package func spool(_ source: some ByteSource) async throws -> SpooledBytes {
        let key = ObjectKey()
        let blob = try await bodies.write(source, part: Self.spoolPart, under: key, nil)
        return SpooledBytes(store, blob, key, length: source.length)
    }
}
