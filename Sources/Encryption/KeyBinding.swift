/// Where the data key comes from that protects an object; the raw value is part of the formats.
package enum EncryptionScheme: UInt8, Sendable, CaseIterable {
    case sseS3 = 1
    case sseKMS = 2
    case sseC = 3
    /// SSE-KMS with a second layer of encryption around the first: see ``LayeredSealer``.
    case dsseKMS = 4
}

/// What a sealed object key is bound to: it opens for no other scheme, bucket or version.
package struct KeyBinding: Sendable, Hashable {
    package var scheme: EncryptionScheme
    package var bucketID: Int64
    /// The object version or upload: 16 bytes.
    package var versionID: [UInt8]

    package init(scheme: EncryptionScheme, bucketID: Int64, versionID: [UInt8]) {
        precondition(versionID.count == StreamIdentity.versionIDSize, "a version id has 16 bytes")
        self.scheme = scheme
        self.bucketID = bucketID
        self.versionID = versionID
    }
}
