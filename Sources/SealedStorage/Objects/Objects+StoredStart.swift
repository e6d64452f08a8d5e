package import KeyManagement
import ObjectStorage

/// The first bytes of an object as they lie on the drive.
package struct StoredStart: Sendable {
    package enum Place: Sendable {
        /// A file of its own, or that of its first part.
        case blob
        /// The catalogue, for a small body.
        case catalogue
    }

    package let place: Place
    /// Bytes of all that is stored in that place.
    package let length: Int64
    package let bytes: [UInt8]
}

extension Objects {
    /// What is at rest of an object that was found with its body; nil for one that has no bytes at rest.
    ///
    /// - Parameter count: the most bytes that are read.
    /// - Throws: `StorageError`, ``Corruption``.
    package func storedStart(of object: StoredObject, upTo count: Int) async throws -> StoredStart? {
        let blob: BlobID?
        switch object.columns.body {
        case .inline:
            guard let inline = object.inline else { return nil }
            return StoredStart(place: .catalogue, length: Int64(inline.count), bytes: Array(inline.prefix(count)))
        case .file: blob = object.columns.blob
        case .parts: blob = try await store.offload { try manifest(of: object).parts.first?.blob }
        case .none, .unreadable: blob = nil
        }
        guard let blob else { return nil }
        return try await store.offload {
            // The file stays until it is read, even when the object is deleted meanwhile.
            try withExtendedLifetime(object) {
                let reader = try store.openBlob(blob)
                var bytes = [UInt8](repeating: 0, count: count)
                let read = try bytes.withUnsafeMutableBytes { buffer in try reader.read(at: 0, into: buffer) }
                return StoredStart(place: .blob, length: reader.length, bytes: Array(bytes[..<read]))
            }
        }
    }
}

extension StoredObject {
    /// The version of the key service's key that wraps the data key; nil under a client's key.
    package var keyVersion: MasterKeyVersion? { dataKey.map { MasterKeyVersion(ofDataKey: $0.wrapped) } }
    /// The data key's own name, in hexadecimal digits.
    package var dataKeyID: String? { dataKey.map { String($0.id.rawValue, radix: 16) } }
}
