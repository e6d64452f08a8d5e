package import ObjectStorage

/// What a backup takes of a drive: sealed as it is, so that no key is needed.
extension SealedDrive {
    /// As ``ObjectStorage/ObjectStore/holdFiles()``.
    package func holdFiles() -> FileHold { records.store.holdFiles() }

    /// As ``ObjectStorage/ObjectStore/copyCatalogue()``.
    package func copyCatalogue() async throws(StorageError) -> String { try await records.store.copyCatalogue() }

    /// Some bytes of a blob's file, and its length; a file that is not there is `blobMissing`.
    package func sealedBytes(of blob: BlobID, from offset: Int64, count: Int) async throws -> (
        bytes: [UInt8], length: Int64
    ) {
        let store = records.store
        return try await store.offload {
            let reader = try store.openBlob(blob)
            let wanted = Int(max(0, min(Int64(count), reader.length - offset)))
            var bytes = [UInt8](repeating: 0, count: wanted)
            let read = try bytes.withUnsafeMutableBytes { try reader.read(at: offset, into: $0) }
            return (Array(bytes[..<read]), reader.length)
        }
    }
}
